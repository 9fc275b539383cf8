#include "client/profile/packs.h"

#include <string.h>

#include "client/profile/places.h"
#include "client/store/verify.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define PROFILES_FOLDER "profiles/"
#define GROUPS_FILE     "groups.json"

/* "claude" of the artifact "profiles/claude.json". A plugin there is no profile: no one agreed to
 * what it asks. */
static bool artifact_name(const struct lock_artifact *artifact, struct arena *arena,
                          const char **name, enum profile_syntax *syntax)
{
    if (strcmp(artifact->type, "profile") != 0 || !text_starts(artifact->path, PROFILES_FOLDER) ||
        !profile_syntax_of(artifact->path, syntax))
        return false;
    const char *file = artifact->path + strlen(PROFILES_FOLDER);
    const char *point = strrchr(file, '.');
    *name = arena_strndup(arena, file, (size_t)(point - file));
    return !strchr(file, '/');
}

static bool artifact_read(const struct store *store, const struct lock_pack *pack,
                          const struct lock_artifact *artifact, struct arena *arena,
                          struct profile_text *out, struct error *err)
{
    *out = (struct profile_text){ 0 };
    if (!profile_syntax_of(artifact->path, &out->syntax))
        return error_set(err, INVALID, "%s: %s is no profile", pack->key, artifact->path);
    out->pack = arena_strndup(arena, pack->key, strlen(pack->key));
    out->pack_dir = store_pack_path(store, pack->namespace, pack->name, arena);
    out->file = path_join(arena, out->pack_dir, artifact->path);
    return store_read_checked(store, pack, artifact->path, arena, &out->text, &out->len, err);
}

/* The profile of a pack that is asked for by its reference: its only one, or that of its name. */
static const struct lock_artifact *main_profile(const struct lock_pack *pack, struct arena *arena)
{
    const struct lock_artifact *first = NULL;
    LIST_FOREACH (pack->artifacts, struct lock_artifact, artifact) {
        const char *name;
        enum profile_syntax syntax;
        if (!artifact_name(artifact, arena, &name, &syntax))
            continue;
        if (strcmp(name, pack->name) == 0)
            return artifact;
        first = first ? first : artifact;
    }
    return first;
}

/* "ns/name", with or without a version behind it, which must be the one installed. */
bool packs_find_reference(const struct store *store, const char *reference, struct arena *arena,
                          struct profile_text *out, struct error *err)
{
    size_t ns_len = strcspn(reference, "/");
    const char *name = reference + ns_len + (reference[ns_len] == '/');
    size_t name_len = strcspn(name, "@");
    *out = (struct profile_text){ 0 };
    if (!lock_name_is_valid(reference, ns_len) || !lock_name_is_valid(name, name_len))
        return true;

    const char *namespace = arena_strndup(arena, reference, ns_len);
    const char *bare = arena_strndup(arena, name, name_len);
    const struct lock_pack *pack = store_find(store, namespace, bare);
    if (!pack) {
        error_set(err, NOT_FOUND, "the pack %s/%s is not installed", namespace, bare);
        return error_hint(err, "nono pull %s", reference);
    }
    const char *version = name[name_len] == '@' ? name + name_len + 1 : pack->version;
    if (strcmp(version, pack->version) != 0) {
        error_set(err, NOT_FOUND, "the pack %s is installed as %s, not %.64s", pack->key,
                  pack->version, version);
        return error_hint(err, "nono pull %s%s", reference, store_registry_option(store, pack));
    }
    const struct lock_artifact *artifact = main_profile(pack, arena);
    if (!artifact)
        return error_set(err, NOT_FOUND, "the pack %s has no profile", pack->key);
    return artifact_read(store, pack, artifact, arena, out, err);
}

/* The manifest's artifacts, or NULL. What it says of aliases only chooses among locked files. */
static const struct doc *manifest_artifacts(const struct store *store, const struct lock_pack *pack,
                                            struct arena *arena)
{
    CLEANUP(closep) int dir = -1;
    const char *text;
    size_t len;
    struct doc *doc;
    struct error err;
    if (!store_pack_open(store, pack, &dir, &err) ||
        !file_read_beneath(dir, "package.json", LIMIT_MANIFEST_BYTES, arena, &text, &len, &err) ||
        !json_parse(text, len, NULL, JSON_PLAIN, arena, &doc, &err))
        return NULL;
    const struct doc *artifacts = doc_find(doc, "artifacts");
    return artifacts && artifacts->kind == DOC_LIST ? artifacts : NULL;
}

/* NULL when it has none, and of what is no profile: those mean nothing (manifest_profile_find). */
static const struct doc *aliases_of(const struct doc *artifact)
{
    const char *type = doc_text(artifact, "type");
    const struct doc *aliases = doc_find(artifact, "aliases");
    bool is_profile = type && strcmp(type, "profile") == 0;
    return is_profile && aliases && aliases->kind == DOC_LIST ? aliases : NULL;
}

/* The install_as of the profile that has this alias. */
static const char *alias_target(const struct doc *artifacts, const char *alias)
{
    DOC_FOREACH (artifacts, artifact) {
        const struct doc *aliases = aliases_of(artifact);
        if (!aliases)
            continue;
        DOC_FOREACH (aliases, item)
            if (item->kind == DOC_TEXT && strcmp(item->text, alias) == 0)
                return doc_text(artifact, "install_as");
    }
    return NULL;
}

static const struct lock_artifact *stem_find(const struct lock_pack *pack, const char *name,
                                             struct arena *arena)
{
    LIST_FOREACH (pack->artifacts, struct lock_artifact, artifact) {
        const char *stem;
        enum profile_syntax syntax;
        if (artifact_name(artifact, arena, &stem, &syntax) && strcmp(stem, name) == 0)
            return artifact;
    }
    return NULL;
}

/* The pack's profile of that name: by install_as, else by alias. NULL: none. */
static const struct lock_artifact *name_find(const struct store *store,
                                             const struct lock_pack *pack, const char *name,
                                             struct arena *arena)
{
    const struct lock_artifact *artifact = stem_find(pack, name, arena);
    const struct doc *artifacts = artifact ? NULL : manifest_artifacts(store, pack, arena);
    const char *target = artifacts ? alias_target(artifacts, name) : NULL;
    return target ? stem_find(pack, target, arena) : artifact;
}

static const struct lock_pack *pack_find(const struct store *store, const char *key)
{
    LIST_FOREACH (store->lockfile.packs, struct lock_pack, pack)
        if (strcmp(pack->key, key) == 0)
            return pack;
    return NULL;
}

bool packs_find_own(const struct store *store, const char *pack, const char *name,
                    struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct lock_pack *own = pack_find(store, pack);
    const struct lock_artifact *artifact = own ? name_find(store, own, name, arena) : NULL;
    *out = (struct profile_text){ 0 };
    return !artifact || artifact_read(store, own, artifact, arena, out, err);
}

bool packs_find_name(const struct store *store, const char *name, struct arena *arena,
                     struct profile_text *out, struct error *err)
{
    const struct lock_pack *found = NULL;
    const struct lock_artifact *artifact = NULL;
    *out = (struct profile_text){ 0 };
    LIST_FOREACH (store->lockfile.packs, struct lock_pack, pack) {
        const struct lock_artifact *candidate = name_find(store, pack, name, arena);
        if (candidate && found) {
            error_set(err, INVALID, "\"%.64s\" is a profile of two packs, %s and %s", name,
                      found->key, pack->key);
            return error_hint(err, "write the pack in place of the name: %s or %s", found->key,
                              pack->key);
        }
        found = candidate ? pack : found;
        artifact = candidate ? candidate : artifact;
    }
    return !found || artifact_read(store, found, artifact, arena, out, err);
}

static bool groups_read(const struct store *store, const struct lock_pack *pack,
                        struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct lock_artifact *artifact = lock_artifact_find(pack, GROUPS_FILE);
    *out = (struct profile_text){ 0 };
    if (!artifact || strcmp(artifact->type, "groups") != 0)
        return true;
    struct profile_text text = { .syntax = PROFILE_JSON };
    text.file = arena_printf(arena, "%s/%s/" GROUPS_FILE, store->folders.packages, pack->key);
    if (!store_read_checked(store, pack, GROUPS_FILE, arena, &text.text, &text.len, err))
        return false;
    *out = text;
    return true;
}

/* Whoever names a group of two packs must say whose. */
static bool group_find_anywhere(const struct store *store, const char *name, struct arena *arena,
                                struct profile_text *out, struct error *err)
{
    const struct lock_pack *found = NULL;
    LIST_FOREACH (store->lockfile.packs, struct lock_pack, pack) {
        struct profile_text text;
        struct doc *doc;
        if (!groups_read(store, pack, arena, &text, err) ||
            (text.text && !profile_parse(&text, arena, &doc, err)))
            return false;
        if (!text.text || !doc_find(doc, name))
            continue;
        if (found) {
            error_set(err, INVALID, "\"%.64s\" is a group of two packs, %s and %s", name,
                      found->key, pack->key);
            return error_hint(err, "write %s/%.64s or %s/%.64s", found->key, name, pack->key, name);
        }
        found = pack;
        *out = text;
    }
    return true;
}

bool packs_find_group(const struct store *store, const char *pack, const char *name,
                      struct arena *arena, struct profile_text *out, struct error *err)
{
    const char *slash = strrchr(name, '/');
    *out = (struct profile_text){ 0 };
    if (slash)
        pack = arena_strndup(arena, name, (size_t)(slash - name));
    if (!pack)
        return group_find_anywhere(store, name, arena, out, err);
    const struct lock_pack *own = pack_find(store, pack);
    return !own || groups_read(store, own, arena, out, err);
}

static void entry_add(struct arena *arena, struct list *out, const char *name,
                      const struct lock_pack *pack, const char *file)
{
    if (strcmp(name, PROFILE_DEFAULT) == 0)
        return; /* from before manifests with it were refused: nobody finds it by that name */
    struct profiles_entry *entry = profiles_entry_add(arena, out);
    entry->name = arena_strndup(arena, name, strlen(name));
    entry->place = PROFILES_PACK;
    entry->pack = arena_strndup(arena, pack->key, strlen(pack->key));
    entry->file = file;
}

static void aliases_list(const struct doc *artifacts, const char *install_as,
                         const struct lock_pack *pack, const char *file, struct arena *arena,
                         struct list *out)
{
    DOC_FOREACH (artifacts, artifact) {
        const char *target = doc_text(artifact, "install_as");
        const struct doc *aliases = aliases_of(artifact);
        if (!target || strcmp(target, install_as) != 0 || !aliases)
            continue;
        DOC_FOREACH (aliases, alias)
            if (alias->kind == DOC_TEXT && places_name_is_valid(alias->text))
                entry_add(arena, out, alias->text, pack, file);
    }
}

bool places_pack_list(const struct places *places, struct arena *arena, struct list *out,
                      struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    (void)places;
    if (!store_open(STORE_READ, &store, err))
        return false;
    LIST_FOREACH (store->lockfile.packs, struct lock_pack, pack) {
        const struct doc *artifacts = manifest_artifacts(store, pack, arena);
        LIST_FOREACH (pack->artifacts, struct lock_artifact, artifact) {
            const char *name;
            enum profile_syntax syntax;
            if (!artifact_name(artifact, arena, &name, &syntax))
                continue;
            const char *file =
                arena_printf(arena, "%s/%s/%s", store->folders.packages, pack->key, artifact->path);
            entry_add(arena, out, name, pack, file);
            if (artifacts)
                aliases_list(artifacts, name, pack, file, arena, out);
        }
    }
    return true;
}
