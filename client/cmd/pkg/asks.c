#include "client/cmd/pkg/asks.h"

#include <string.h>

#include "client/install/contents.h"
#include "client/profile/packs.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

/* A pack whose asking is worked out, among those that are installed. */
struct asking {
    const struct store *store;
    const char *key;               /* "ns/name" */
    const struct fetched *fetched; /* NULL: it is an installed one */
    struct contents_file *files;   /* of a fetched one: its profiles and groups */
    size_t count;
    struct permissions all;
};

static bool file_give(const struct asking *asking, const struct artifact *artifact,
                      struct profile_text *out)
{
    *out = (struct profile_text){ 0 };
    for (size_t i = 0; artifact && i < asking->count; i++) {
        const struct contents_file *file = &asking->files[i];
        if (strcmp(file->path, artifact->path) != 0)
            continue;
        *out = (struct profile_text){ .text = file->bytes,
                                      .len = file->len,
                                      .syntax = PROFILE_JSON,
                                      .file = file->path,
                                      .pack = asking->key,
                                      .pack_dir = "$PACK_DIR" };
        if (artifact->type == ARTIFACT_PROFILE) /* without an ending it is installed as JSON */
            (void)profile_syntax_of(file->path, &out->syntax);
    }
    return true;
}

/* Whether a reference is to the pack that was fetched: an installed one is of another version. */
static bool is_fetched(const struct asking *asking, const char *reference)
{
    size_t len = strcspn(reference, "@");
    return asking->fetched && strlen(asking->key) == len &&
           memcmp(reference, asking->key, len) == 0 &&
           (!reference[len] || strcmp(reference + len + 1, asking->fetched->ref.version) == 0);
}

/* As an installed pack's main profile is found: that of the pack's name, or the only one. */
static bool main_give(const struct asking *asking, struct profile_text *out, struct error *err)
{
    const struct artifact *only = NULL;
    size_t count = 0;
    LIST_FOREACH (asking->fetched->index.manifest.artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE)
            continue;
        if (strcmp(artifact->install_as, asking->fetched->ref.name) == 0)
            return file_give(asking, artifact, out);
        only = artifact;
        count++;
    }
    if (count > 1)
        return error_set(err, INVALID, "%s has several profiles, and none of its name",
                         asking->key);
    return file_give(asking, only, out);
}

static bool profile_find(void *context, const char *name, const struct profile_asker *asker,
                         struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct asking *asking = context;
    *out = (struct profile_text){ 0 };
    if (strchr(name, '/'))
        return is_fetched(asking, name)
                   ? main_give(asking, out, err)
                   : packs_find_reference(asking->store, name, arena, out, err);
    if (!asker->pack)
        return true;
    if (!is_fetched(asking, asker->pack))
        return packs_find_own(asking->store, asker->pack, name, arena, out, err);
    return file_give(asking, manifest_profile_find(&asking->fetched->index.manifest, name), out);
}

static bool group_find(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct asking *asking = context;
    const char *slash = strrchr(name, '/');
    if (slash)
        pack = arena_strndup(arena, name, (size_t)(slash - name));
    if (!pack || !is_fetched(asking, pack))
        return packs_find_group(asking->store, pack, name, arena, out, err);
    return file_give(asking, manifest_groups_find(&asking->fetched->index.manifest), out);
}

/* Adds what a profile asks, or, without a name, what a table of groups gives to others. */
static bool text_add(struct asking *asking, const char *name, const struct profile_text *text,
                     struct arena *arena, struct error *err)
{
    const struct folders *folders = &asking->store->folders;
    struct profile_platform here;
    profile_platform_detect(arena, &here);
    const struct profile_env env = {
        .source = { .context = asking, .find_profile = profile_find, .find_group = group_find },
        .system = here.os,
        .home = folders->home,
        .workdir = "/",
        .config_dir = folders->config,
        .packages_dir = folders->packages,
    };
    struct permissions one;
    return permissions_ask(&env, name, text, arena, &one, err) &&
           permissions_widen(&asking->all, &one, arena, err);
}

static void asking_give(const struct asking *asking, struct arena *arena, struct permissions **out)
{
    *out = NULL;
    if (!asking->all.schema_version)
        return;
    *out = ARENA_NEW(arena, struct permissions);
    **out = asking->all;
}

/* The pack's profiles and groups, in one pass over its archive. */
static bool files_read(struct asking *asking, struct arena *arena, struct error *err)
{
    const struct pack_index *index = &asking->fetched->index;
    const struct list *artifacts = &index->manifest.artifacts;
    asking->files = ARENA_ARRAY(arena, struct contents_file, artifacts->count + 1);
    LIST_FOREACH (*artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE && artifact->type != ARTIFACT_GROUPS)
            continue;
        const struct pack_file *file = pack_index_find(index, artifact->path);
        if (file && file->size > LIMIT_PROFILE_BYTES)
            return error_set(err, TOO_LARGE, "%s: larger than a profile may be (%zu bytes)",
                             artifact->path, LIMIT_PROFILE_BYTES);
        asking->files[asking->count++].path = artifact->path;
    }
    return contents_read_all(&asking->fetched->source, index, asking->files, asking->count, arena,
                             err);
}

bool asks_of_fetched(const struct store *store, const struct fetched *fetched, struct arena *arena,
                     struct permissions **out, struct error *err)
{
    struct asking asking = { .store = store, .fetched = fetched };
    asking.key = arena_printf(arena, "%s/%s", fetched->ref.namespace, fetched->ref.name);
    if (!files_read(&asking, arena, err))
        return false;
    LIST_FOREACH (fetched->index.manifest.artifacts, const struct artifact, artifact) {
        struct profile_text text;
        bool groups = artifact->type == ARTIFACT_GROUPS;
        if (artifact->type != ARTIFACT_PROFILE && !groups)
            continue;
        if (!file_give(&asking, artifact, &text) ||
            !text_add(&asking, groups ? NULL : artifact->install_as, &text, arena, err))
            return false;
    }
    asking_give(&asking, arena, out);
    return true;
}

bool asks_of_installed(const struct store *store, const struct lock_pack *pack, struct arena *arena,
                       struct permissions **out, struct error *err)
{
    static const char folder[] = "profiles/";
    struct asking asking = { .store = store, .key = pack->key };
    struct profile_text text;
    LIST_FOREACH (pack->artifacts, const struct lock_artifact, artifact) {
        const char *point = strrchr(artifact->path, '.');
        if (strcmp(artifact->type, "profile") != 0 || !text_starts(artifact->path, folder) ||
            !point)
            continue;
        const char *file = artifact->path + strlen(folder);
        const char *name = arena_strndup(arena, file, (size_t)(point - file));
        if (!packs_find_own(store, pack->key, name, arena, &text, err) ||
            (text.text && !text_add(&asking, name, &text, arena, err)))
            return false;
    }
    if (!packs_find_group(store, pack->key, "", arena, &text, err) ||
        (text.text && !text_add(&asking, NULL, &text, arena, err)))
        return false;
    asking_give(&asking, arena, out);
    return true;
}

/* A condition, of which `when` has one or several, can come to hold on this system. */
static bool can_hold(const char *condition, size_t len, const char *os)
{
    bool negated = len && *condition == '!';
    size_t name = strcspn(condition + negated, ": ");
    bool is_os = strlen(os) == name && memcmp(condition + negated, os, name) == 0;
    if (negated)
        return !is_os || negated + name < len; /* "!linux:debian" */
    return is_os || (name == strlen("program") && memcmp(condition, "program", name) == 0);
}

/*
 * What is for another system is left out, for that does not change. What programs there are does: a
 * sandboxed program that may write to a folder of the PATH sees to it, and so does an update of the
 * system. That is shown, with its condition.
 */
static bool is_here(const char *when, const struct profile_platform *platform)
{
    static const char or [] = " or ";
    for (const char *next = when; when; when = next ? next + strlen(or) : NULL) {
        next = strstr(when, or);
        if (can_hold(when, next ? (size_t)(next - when) : strlen(when), platform->os))
            return true;
        if (!next)
            return false;
    }
    return true;
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
