#include "sandbox/policy/caps.h"

#include "sandbox/policy/host_rules.h"
#include "sandbox/policy/memory.h"

struct nono_caps *caps_new(void)
{
    return calloc(1, sizeof(struct nono_caps));
}

static void paths_clear(struct caps_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        free(paths->items[i].path);
        free(paths->items[i].source);
    }
    free(paths->items);
}

static void hosts_clear(struct caps_hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        free(hosts->items[i]);
    free(hosts->items);
}

void caps_free(struct nono_caps *caps)
{
    if (!caps)
        return;
    paths_clear(&caps->grants);
    paths_clear(&caps->denies);
    hosts_clear(&caps->allowed);
    hosts_clear(&caps->denied);
    free(caps);
}

static bool path_add(struct caps_paths *paths, const struct caps_path *path, struct error *err)
{
    if (!path->path || !path->path[0])
        return error_set(err, INVALID, "an empty path");
    if (!path->access || path->access & ~NONO_ALL)
        return error_set(err, INVALID, "%s: unknown access 0x%x", path->path, path->access);
    if (path->flags & ~(NONO_OPTIONAL | NONO_FILE))
        return error_set(err, INVALID, "%s: unknown flags 0x%x", path->path, path->flags);
    if (paths->count >= CAPS_PATHS_MAX)
        return error_set(err, INVALID, "more than %d paths", CAPS_PATHS_MAX);

    CLEANUP(freep) char *text = NULL;
    CLEANUP(freep) char *source = NULL;
    if (!memory_copy(path->path, &text, err) ||
        !memory_copy(path->source ? path->source : "user", &source, err) ||
        !memory_grow(&paths->items, paths->count, sizeof(*paths->items), err))
        return false;
    struct caps_path *slot = &paths->items[paths->count++];
    *slot = *path;
    slot->path = STEAL(text);
    slot->source = STEAL(source);
    return true;
}

bool caps_allow(struct nono_caps *caps, const char *path, unsigned access, unsigned flags,
                const char *source, struct error *err)
{
    struct caps_path item = { .access = access, .flags = flags };
    item.path = (char *)(uintptr_t)path; /* path_add copies */
    item.source = (char *)(uintptr_t)source;
    return path_add(&caps->grants, &item, err);
}

bool caps_deny(struct nono_caps *caps, const char *path, unsigned access, const char *source,
               struct error *err)
{
    /* What may not be read is hidden whole. */
    struct caps_path item = { .access = access & NONO_READ ? NONO_ALL | access : access };
    item.path = (char *)(uintptr_t)path;
    item.source = (char *)(uintptr_t)source;
    return path_add(&caps->denies, &item, err);
}

bool caps_deny_folder(struct nono_caps *caps, const char *path, unsigned access, const char *source,
                      struct error *err)
{
    if (!caps_deny(caps, path, access, source, err))
        return false;
    caps->denies.items[caps->denies.count - 1].flags = CAPS_FOLDER;
    return true;
}

static bool host_add(struct caps_hosts *hosts, const char *text, struct error *err)
{
    if (hosts->count >= CAPS_HOSTS_MAX)
        return error_set(err, INVALID, "more than %d hosts", CAPS_HOSTS_MAX);
    struct host_rule rule;
    CLEANUP(freep) char *copy = NULL;
    if (!host_rule_parse(text, &rule, err) || !memory_copy(text, &copy, err) ||
        !memory_grow(&hosts->items, hosts->count, sizeof(*hosts->items), err))
        return false;
    hosts->items[hosts->count++] = STEAL(copy);
    return true;
}

bool caps_allow_host(struct nono_caps *caps, const char *host, struct error *err)
{
    return host_add(&caps->allowed, host, err);
}

bool caps_deny_host(struct nono_caps *caps, const char *host, struct error *err)
{
    return host_add(&caps->denied, host, err);
}
