#include "client/cmd/pkg/asks.h"

#include <string.h>

#include "client/install/contents.h"
#include "client/store/verify.h"
#include "lib/base/text.h"

/* A profile document by the names that it goes by. */
struct candidate {
    const char *name, *file;
    const char *text;
    size_t len;
};

#define CANDIDATES_MAX 64

struct candidates {
    const struct store *store;
    const char *key; /* "ns/name" of the pack at hand */
    struct candidate items[CANDIDATES_MAX];
    size_t count;
};

static bool text_give(const struct candidate *candidate, const char *key, struct arena *arena,
                      struct profile_text *out)
{
    *out = (struct profile_text){
        .text = candidate->text, .len = candidate->len, .file = candidate->file, .pack = key
    };
    out->pack_dir = "$PACK_DIR";
    (void)arena;
    return profile_syntax_of(candidate->file, &out->syntax);
}

/* The first profile of an installed pack that goes by the name, or is of the pack "ns/name". */
static bool installed_find(const struct candidates *candidates, const char *name,
                           struct arena *arena, struct profile_text *out, struct error *err)
{
    LIST_FOREACH (candidates->store->lockfile.packs, const struct lock_pack, pack)
        LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact) {
            const char *file = artifact->path + strlen("profiles/");
            bool is_profile =
                strcmp(artifact->type, "profile") == 0 && text_starts(artifact->path, "profiles/");
            if (!is_profile)
                continue;
            size_t len = strcspn(file, ".");
            bool named = strlen(name) == len && strncmp(file, name, len) == 0;
            if (!named && strcmp(pack->key, name) != 0)
                continue;
            struct candidate candidate = { .name = name, .file = artifact->path };
            return store_read_checked(candidates->store, pack, artifact->path, arena,
                                      &candidate.text, &candidate.len, err) &&
                   (text_give(&candidate, pack->key, arena, out) ||
                    error_set(err, INVALID, "%s: not a profile's file", artifact->path));
        }
    return true;
}

static bool profile_find(void *context, const char *name, struct arena *arena,
                         struct profile_text *out, struct error *err)
{
    const struct candidates *candidates = context;
    *out = (struct profile_text){ 0 };
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->items[i].name, name) == 0)
            return text_give(&candidates->items[i], candidates->key, arena, out) ||
                   error_set(err, INVALID, "%s: not a profile's file", candidates->items[i].file);
    return installed_find(candidates, name, arena, out, err);
}

/* What two profiles of one pack ask, as the pack's: the lists one after the other. */
static void list_join(struct list *into, const struct list *from, size_t size, struct arena *arena)
{
    char *items = arena_alloc(arena, into->count + from->count + 1, size);
    if (into->count)
        memcpy(items, into->items, into->count * size);
    if (from->count)
        memcpy(items + into->count * size, from->items, from->count * size);
    *into = (struct list){ items, into->count + from->count };
}

static void permissions_join(struct permissions *into, const struct permissions *from,
                             struct arena *arena)
{
    for (size_t i = 0; i < permissions_record.count; i++) {
        const struct field *field = &permissions_record.fields[i];
        struct list *list = (void *)((char *)into + field->offset);
        const struct list *other = (const void *)((const char *)from + field->offset);
        if (field->kind == FIELD_LIST)
            list_join(list, other, field->record->size, arena);
        else if (field->kind == FIELD_TEXTS)
            list_join(list, other, sizeof(const char *), arena);
    }
    if (from->network > into->network)
        into->network = from->network;
    if (from->execute_mode < into->execute_mode)
        into->execute_mode = from->execute_mode;
}

static bool candidates_resolve(struct candidates *candidates, struct arena *arena,
                               struct permissions **out, struct error *err)
{
    *out = NULL;
    const struct folders *folders = &candidates->store->folders;
    const struct profile_env env = {
        .source = { .context = candidates, .find_profile = profile_find },
        .home = folders->home,
        .workdir = "/",
        .config_dir = folders->config,
        .packages_dir = folders->packages,
    };
    for (size_t i = 0; i < candidates->count; i++) {
        struct profile *profile;
        struct profile_text text;
        if (!text_give(&candidates->items[i], candidates->key, arena, &text))
            return error_set(err, INVALID, "%s: not a profile's file", candidates->items[i].file);
        if (!profile_resolve(&env, candidates->items[i].name, &text, NULL, arena, &profile, err))
            return false;
        struct permissions *permissions = ARENA_NEW(arena, struct permissions);
        permissions_of(profile, arena, permissions);
        if (*out)
            permissions_join(*out, permissions, arena);
        else
            *out = permissions;
    }
    return true;
}

bool asks_of_fetched(const struct store *store, const struct fetched *fetched, struct arena *arena,
                     struct permissions **out, struct error *err)
{
    struct candidates candidates = { .store = store };
    candidates.key = arena_printf(arena, "%s/%s", fetched->ref.namespace, fetched->ref.name);
    LIST_FOREACH (fetched->index.manifest.artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE || candidates.count == CANDIDATES_MAX)
            continue;
        struct candidate *candidate = &candidates.items[candidates.count++];
        candidate->name = artifact->install_as;
        candidate->file = artifact->path;
        if (!contents_read(&fetched->source, &fetched->index, artifact->path, arena,
                           &candidate->text, &candidate->len, err))
            return false;
    }
    return candidates_resolve(&candidates, arena, out, err);
}

bool asks_of_installed(const struct store *store, const struct lock_pack *pack, struct arena *arena,
                       struct permissions **out, struct error *err)
{
    struct candidates candidates = { .store = store, .key = pack->key };
    LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact) {
        if (strcmp(artifact->type, "profile") != 0 || candidates.count == CANDIDATES_MAX)
            continue;
        struct candidate *candidate = &candidates.items[candidates.count++];
        const char *slash = strrchr(artifact->path, '/');
        const char *name = slash ? slash + 1 : artifact->path;
        candidate->name = arena_strndup(arena, name, strcspn(name, "."));
        candidate->file = artifact->path;
        if (!store_read_checked(store, pack, artifact->path, arena, &candidate->text,
                                &candidate->len, err))
            return false;
    }
    return candidates_resolve(&candidates, arena, out, err);
}

static bool is_here(const char *when, const struct profile_platform *platform)
{
    bool holds;
    struct error ignored;
    return !when || !profile_when_holds(when, platform, &holds, &ignored) || holds;
}

static void paths_keep(struct list *paths, const struct profile_platform *platform)
{
    struct permission_path *items = paths->items;
    size_t kept = 0;
    for (size_t i = 0; i < paths->count; i++)
        if (is_here(items[i].when, platform))
            items[kept++] = items[i];
    paths->count = kept;
}

static void hosts_keep(struct list *hosts, const struct profile_platform *platform)
{
    struct permission_host *items = hosts->items;
    size_t kept = 0;
    for (size_t i = 0; i < hosts->count; i++)
        if (is_here(items[i].when, platform))
            items[kept++] = items[i];
    hosts->count = kept;
}

void asks_for_here(struct permissions *permissions, struct arena *arena)
{
    struct profile_platform platform;
    profile_platform_detect(arena, &platform);
    struct list *const paths[] = {
        &permissions->read, &permissions->write,  &permissions->execute,
        &permissions->deny, &permissions->bypass, &permissions->sockets
    };
    for (size_t i = 0; i < COUNT(paths); i++)
        paths_keep(paths[i], &platform);
    hosts_keep(&permissions->hosts, &platform);
    hosts_keep(&permissions->denied_hosts, &platform);
}

void asks_fold(const struct list *words, struct arena *arena, struct list *out)
{
    struct words_line *items = ARENA_ARRAY(arena, struct words_line, words->count + 1);
    struct list lines = { items, 0 };
    LIST_FOREACH (*words, const struct permission_line, line)
        items[lines.count++] = (struct words_line){ line->risk, line->text };
    words_fold(&lines, arena, out);
}
