#include "client/profile/profiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/profile/packs.h"
#include "client/profile/places.h"
#include "lib/base/cleanup.h"
#include "lib/base/env.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"

DEFINE_CLEANUP(DIR *, closedir)

static const char *const endings[] = { ".toml", ".yaml", ".yml", ".jsonc", ".json" };

bool places_name_is_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = strlen(name);
    return len && len <= LIMIT_PACK_NAME_BYTES && strchr(letters, *name) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static bool user_read(const struct places *places, const char *name, struct arena *arena,
                      struct profile_text *out, struct error *err)
{
    const char *folder = path_join(arena, places->folders.config, "profiles");
    *out = (struct profile_text){ 0 };
    if (faccessat(AT_FDCWD, folder, F_OK, AT_EACCESS) != 0 && errno == ENOENT)
        return true; /* most users have none: one look-up, not five */
    for (size_t i = 0; i < COUNT(endings); i++) {
        const char *file = arena_printf(arena, "%s/%s%s", folder, name, endings[i]);
        if (!file_read_if_there(file, LIMIT_PROFILE_BYTES, arena, &out->text, &out->len, err))
            return error_prefix(err, "profile %s", file);
        if (out->text) {
            out->file = file;
            return profile_syntax_of(file, &out->syntax);
        }
    }
    return true;
}

/* What installed packs say to a name, or to "ns/name". */
static bool packs_find(const char *name, const struct profile_asker *asker, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    if (!store_open(STORE_READ, &store, err))
        return false;
    if (strchr(name, '/'))
        return packs_find_reference(store, name, arena, out, err);
    if (asker->pack)
        return packs_find_own(store, asker->pack, name, arena, out, err);
    return packs_find_name(store, name, arena, out, err);
}

/*
 * A pack's profile may be asked for by a built-in one's name, as "claude-code" is; but what extends
 * that name does not change when a pack comes or goes.
 */
static bool is_built_in_base(const char *name, const struct profile_asker *asker)
{
    struct profile_text text = { 0 };
    if (asker->base || strcmp(name, PROFILE_DEFAULT) == 0)
        profile_builtin_find(name, &text);
    return text.text;
}

static bool find_profile(void *context, const char *name, const struct profile_asker *asker,
                         struct arena *arena, struct profile_text *out, struct error *err)
{
    const struct places *places = context;
    *out = (struct profile_text){ 0 };
    if (strchr(name, '/') || asker->pack)
        return packs_find(name, asker, arena, out, err);
    if (!places_name_is_valid(name))
        return true;
    if (!user_read(places, name, arena, out, err))
        return false;
    return out->text || is_built_in_base(name, asker) || packs_find(name, asker, arena, out, err);
}

static bool find_group(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    (void)context;
    return store_open(STORE_READ, &store, err) &&
           packs_find_group(store, pack, name, arena, out, err);
}

static bool list_profiles(void *context, struct arena *arena, struct list *out, struct error *err)
{
    const struct profile_env env = { .source = { .context = context } };
    struct list entries;
    if (!profiles_list(&env, arena, &entries, err))
        return false;
    const char **names = ARENA_ARRAY(arena, const char *, entries.count + 1);
    size_t count = 0;
    LIST_FOREACH (entries, struct profiles_entry, entry)
        names[count++] = entry->name;
    *out = (struct list){ names, count };
    return true;
}

static const char *variable(const char *name)
{
    return env_get(name);
}

bool profiles_env(const char *workdir, struct arena *arena, struct profile_env *out,
                  struct error *err)
{
    struct places *places = ARENA_NEW(arena, struct places);
    struct profile_platform *platform = ARENA_NEW(arena, struct profile_platform);
    char here[PATH_MAX];
    if (!folders_find(arena, &places->folders, err))
        return false;
    if (!workdir) {
        if (!getcwd(here, sizeof(here)))
            return error_set_errno(err, "the working folder");
        workdir = here;
    }
    profile_platform_detect(arena, platform);
    *out = (struct profile_env){
        .source = { places, find_profile, find_group, list_profiles },
        .platform = platform,
        .home = places->folders.home,
        .workdir = arena_strndup(arena, workdir, strlen(workdir)),
        .config_dir = places->folders.config,
        .packages_dir = places->folders.packages,
        .variable = variable,
        .uid = getuid(),
    };
    return true;
}

struct profiles_entry *profiles_entry_add(struct arena *arena, struct list *list)
{
    size_t count = list->count;
    bool full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    if (full) { /* room for 8, then for the next power of two */
        struct profiles_entry *items =
            ARENA_ARRAY(arena, struct profiles_entry, count ? count * 2 : 8);
        if (count)
            memcpy(items, list->items, count * sizeof(*items));
        list->items = items;
    }
    return LIST_AT(*list, struct profiles_entry, list->count++);
}

/* The user's own files; of one name with several endings the first is found. */
static bool user_list(const struct places *places, struct arena *arena, struct list *out,
                      struct error *err)
{
    const char *folder = path_join(arena, places->folders.config, "profiles");
    CLEANUP(closep) int fd = -1;
    if (!dir_open(folder, &fd, err))
        return err->kind == ERROR_NOT_FOUND;
    CLEANUP(closedirp) DIR *dir = fdopendir(dup(fd));
    if (!dir)
        return error_set_errno(err, "%s", folder);
    for (const struct dirent *file; (file = readdir(dir));) { /* NOLINT(concurrency-mt-unsafe) */
        enum profile_syntax syntax;
        if (!profile_syntax_of(file->d_name, &syntax))
            continue;
        size_t len = (size_t)(strrchr(file->d_name, '.') - file->d_name);
        const char *name = arena_strndup(arena, file->d_name, len);
        if (!places_name_is_valid(name))
            continue;
        struct profiles_entry *entry = profiles_entry_add(arena, out);
        entry->name = name;
        entry->place = PROFILES_USER;
        entry->file = path_join(arena, folder, file->d_name);
    }
    return true;
}

bool profiles_user_list(const struct profile_env *env, struct arena *arena, struct list *out,
                        struct error *err)
{
    *out = (struct list){ 0 };
    return user_list(env->source.context, arena, out, err);
}

static size_t ending_rank(const char *file)
{
    size_t i = 0;
    const char *ending = strrchr(file, '.');
    while (i < COUNT(endings) && ending && strcmp(endings[i], ending) != 0)
        i++;
    return i;
}

/* By name, then in the order in which places are looked through. */
static int by_name(const void *a, const void *b)
{
    const struct profiles_entry *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    if (!order)
        order = (int)left->place - (int)right->place;
    if (!order && left->pack && right->pack)
        order = strcmp(left->pack, right->pack);
    if (!order)
        order = (int)ending_rank(left->file) - (int)ending_rank(right->file);
    return order;
}

/* Compares an entry with the one before it, which is settled. */
static void entry_settle(struct profiles_entry *entry)
{
    struct profiles_entry *before = entry - 1;
    entry->hidden = strcmp(entry->name, before->name) == 0;
    if (entry->hidden && entry->pack && before->pack && strcmp(entry->pack, before->pack) != 0 &&
        (before->shared || !before->hidden))
        entry->shared = before->shared = before->hidden = true;
}

bool profiles_list(const struct profile_env *env, struct arena *arena, struct list *out,
                   struct error *err)
{
    const struct places *places = env->source.context;
    *out = (struct list){ 0 };
    if (!user_list(places, arena, out, err) || !places_pack_list(places, arena, out, err))
        return false;
    for (const char *const *name = profile_builtin_names(); *name; name++) {
        struct profiles_entry *entry = profiles_entry_add(arena, out);
        entry->name = *name;
        entry->place = PROFILES_BUILTIN;
        entry->file = "built-in";
    }
    qsort(out->items, out->count, sizeof(struct profiles_entry), by_name);
    for (size_t i = 1; i < out->count; i++)
        entry_settle(LIST_AT(*out, struct profiles_entry, i));
    return true;
}
