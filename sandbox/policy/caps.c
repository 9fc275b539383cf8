#include "sandbox/policy/caps.h"

#include <string.h>

#include "sandbox/policy/host_rules.h"
#include "sandbox/policy/memory.h"

struct nono_caps *caps_new(void)
{
    struct arena *arena = arena_try_new();
    struct nono_caps *caps = arena ? arena_try_alloc(arena, 1, sizeof(*caps)) : NULL;
    if (!caps)
        arena_free(arena);
    else
        caps->arena = arena;
    return caps;
}

void caps_free(struct nono_caps *caps)
{
    if (caps)
        arena_free(caps->arena);
}

static bool text_copy(struct nono_caps *caps, const char *text, const char **out, struct error *err)
{
    char *copy;
    if (!memory_copy(caps->arena, text, strlen(text), &copy, err))
        return false;
    *out = copy;
    return true;
}

/* Many that come one after the other have the same. */
static bool source_copy(struct nono_caps *caps, struct caps_paths *before, const char *source,
                        const char **out, struct error *err)
{
    size_t size = strlen(source) + 1;
    const char *last = before->count ? before->items[before->count - 1].source : NULL;
    if (last && size == before->source_size && memcmp(last, source, size) == 0) {
        *out = last;
        return true;
    }
    before->source_size = size;
    return text_copy(caps, source, out, err);
}

static bool path_add(struct nono_caps *caps, struct caps_paths *paths, const struct caps_path *path,
                     struct error *err)
{
    if (!path->path || !path->path[0])
        return error_set(err, INVALID, "an empty path");
    if (!path->access || path->access & ~NONO_ALL)
        return error_set(err, INVALID, "%s: unknown access 0x%x", path->path, path->access);
    if (path->flags & ~(NONO_OPTIONAL | NONO_FILE))
        return error_set(err, INVALID, "%s: unknown flags 0x%x", path->path, path->flags);
    if (paths->count >= CAPS_PATHS_MAX)
        return error_set(err, INVALID, "more than %d paths", CAPS_PATHS_MAX);

    struct caps_path added = *path;
    if (!text_copy(caps, path->path, &added.path, err) ||
        !source_copy(caps, paths, path->source ? path->source : "user", &added.source, err) ||
        !memory_grow_many(caps->arena, &paths->items, paths->count, sizeof(*paths->items), err))
        return false;
    paths->items[paths->count++] = added;
    return true;
}

bool caps_allow(struct nono_caps *caps, const char *path, unsigned access, unsigned flags,
                const char *source, struct error *err)
{
    const struct caps_path item = { path, access, flags, source };
    return path_add(caps, &caps->grants, &item, err);
}

bool caps_deny(struct nono_caps *caps, const char *path, unsigned access, const char *source,
               struct error *err)
{
    /* What may not be read is hidden whole. */
    const unsigned taken = access & NONO_READ ? NONO_ALL | access : access;
    const struct caps_path item = { path, taken, 0, source };
    return path_add(caps, &caps->denies, &item, err);
}

bool caps_deny_folder(struct nono_caps *caps, const char *path, unsigned access, const char *source,
                      struct error *err)
{
    if (!caps_deny(caps, path, access, source, err))
        return false;
    caps->denies.items[caps->denies.count - 1].flags = CAPS_FOLDER;
    return true;
}

static bool host_add(struct nono_caps *caps, struct caps_hosts *hosts, const char *text,
                     struct error *err)
{
    if (hosts->count >= CAPS_HOSTS_MAX)
        return error_set(err, INVALID, "more than %d hosts", CAPS_HOSTS_MAX);
    struct host_rule rule;
    const char *copy;
    if (!host_rule_parse(text, &rule, err) || !text_copy(caps, text, &copy, err) ||
        !memory_grow(caps->arena, &hosts->items, hosts->count, sizeof(*hosts->items), err))
        return false;
    hosts->items[hosts->count++] = copy;
    return true;
}

bool caps_allow_host(struct nono_caps *caps, const char *host, struct error *err)
{
    return host_add(caps, &caps->allowed, host, err);
}

bool caps_deny_host(struct nono_caps *caps, const char *host, struct error *err)
{
    return host_add(caps, &caps->denied, host, err);
}
