#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/protect.h"
#include "client/profile/profiles.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/base/xdg.h"

#define SOURCE    "the policy of other runs"
#define BASES_MAX 256 /* of a profile: what names more cannot be run */

struct later {
    struct nono_caps *caps;
    const struct profile_env *env;
    struct arena *arena;
    const char *bases[BASES_MAX]; /* of the profile that is looked at */
    size_t base_count;
};

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* A folder on the way that is another's, and that we cannot search: nor can the program. Of our own
 * it could say otherwise. */
static bool is_behind_others(const char *path)
{
    char folder[PATH_MAX];
    struct stat st;
    for (const char *at = path; (at = strchr(at + 1, '/'));) {
        size_t len = (size_t)(at - path);
        if (len >= sizeof(folder))
            return true;
        memcpy(folder, path, len);
        folder[len] = '\0';
        if (stat(folder, &st) == 0 && st.st_uid != geteuid() &&
            faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
            return true;
    }
    return false;
}

/* A file that decides about a run; one that is not there would, too. */
static bool place_protect(const struct later *later, const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0 && errno == EACCES && is_behind_others(path))
        return true;
    return caps_deny(later->caps, path, NONO_WRITE, SOURCE, err);
}

/* Where a link in nono's own folder leads can be anywhere; the folder itself is protected. */
static bool link_protect(const struct later *later, const char *path, struct error *err)
{
    return !is_link(path) || protect_file(later->caps, path, SOURCE, err);
}

/* Most profiles have no hook and extend no file: they are not resolved for this. */
static bool has_more(const char *text)
{
    static const char *const signs[] = { "session_hooks", ".toml", ".yaml", ".yml", ".json" };
    for (size_t i = 0; i < COUNT(signs); i++)
        if (strstr(text, signs[i]))
            return true;
    return false;
}

/* False when it was there, or there is no room. */
static bool base_add(struct later *later, const char *path)
{
    for (size_t i = 0; i < later->base_count; i++)
        if (strcmp(later->bases[i], path) == 0)
            return false;
    if (later->base_count == BASES_MAX)
        return false;
    later->bases[later->base_count++] = path;
    return true;
}

static bool bases_protect(struct later *later, const char *file, struct error *err);

/* from: an absolute path.
 * NOLINTNEXTLINE(misc-no-recursion): no file twice, and BASES_MAX of them */
static bool base_protect(struct later *later, const char *from, const struct doc *item,
                         struct error *err)
{
    enum profile_syntax syntax;
    if (item->kind != DOC_TEXT || !profile_syntax_of(item->text, &syntax))
        return true;
    const char *path = item->text;
    if (*path != '/')
        path = arena_printf(later->arena, "%.*s/%s", (int)(strrchr(from, '/') - from), from, path);
    return !base_add(later, path) ||
           (place_protect(later, path, err) && bases_protect(later, path, err));
}

/* The files that a profile extends, and those that they do: one that is not there keeps the profile
 * from being run, and would decide about it. */
/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool bases_protect(struct later *later, const char *file, struct error *err)
{
    struct profile_text text = { .file = file };
    struct doc *doc;
    struct error ignored;
    if (!profile_syntax_of(file, &text.syntax) ||
        !file_read_path(file, LIMIT_PROFILE_BYTES, later->arena, &text.text, &text.len, &ignored) ||
        !has_more(text.text) || !profile_parse(&text, later->arena, &doc, &ignored))
        return true;
    const struct doc *extends = doc_find(doc, "extends");
    if (!extends || extends->kind != DOC_LIST)
        return !extends || base_protect(later, file, extends, err);
    DOC_FOREACH (extends, item)
        if (!base_protect(later, file, item, err))
            return false;
    return true;
}

/* One that is not there could be made. But of many folders it may be said for the sake of some
 * where there is one: who names $WORKDIR takes what the folder has. */
static bool hook_protect(const struct later *later, const struct profile_hook *hook,
                         struct error *err)
{
    struct stat st;
    if (!hook->script || hook->of_pack)
        return true;
    bool anywhere =
        text_starts(hook->written, "$WORKDIR") || text_starts(hook->written, "${WORKDIR}");
    bool missing = lstat(hook->script, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
    return (anywhere && missing) || place_protect(later, hook->script, err);
}

/* What a profile that is run one day is made of, and what it runs. */
static bool profile_protect(struct later *later, const char *file, struct error *err)
{
    const char *text;
    size_t len;
    struct profile *profile;
    struct error ignored;
    if (!file_read_path(file, LIMIT_PROFILE_BYTES, later->arena, &text, &len, &ignored) ||
        !has_more(text))
        return true;
    later->base_count = 0;
    if (!bases_protect(later, file, err))
        return false;
    if (!profile_load(later->env, file, NULL, later->arena, &profile, &ignored))
        return true; /* nothing of it can be run */
    return hook_protect(later, &profile->hook_before, err) &&
           hook_protect(later, &profile->hook_after, err);
}

static bool user_profiles_protect(struct later *later, struct error *err)
{
    struct list entries;
    struct error ignored;
    if (!profiles_user_list(later->env, later->arena, &entries, &ignored))
        return true; /* a folder that cannot be read has none that could be run */
    LIST_FOREACH (entries, const struct profiles_entry, entry)
        if (!link_protect(later, entry->file, err) || !profile_protect(later, entry->file, err))
            return false;
    return true;
}

/* A file that is kept is one wherever it lies, also before it is there again. */
static bool choices_protect(struct later *later, struct error *err)
{
    struct list choices;
    struct error ignored;
    if (!profiles_default_list(later->env, later->arena, &choices, &ignored))
        return true; /* what is wrong with it is told when it is asked */
    LIST_FOREACH (choices, const struct profile_variable, choice)
        if (choice->value[0] == '/' && (!place_protect(later, choice->value, err) ||
                                        !profile_protect(later, choice->value, err)))
            return false;
    return true;
}

bool protect_later_policy(struct nono_caps *caps, const struct profile_env *env,
                          struct arena *arena, struct error *err)
{
    static const char *const files[] = { "config.toml", "agents.toml", "known_signers.json",
                                         "profiles" };
    struct later later = { .caps = caps, .env = env, .arena = arena };
    if (!protect_is_needed(caps))
        return true;
    for (size_t i = 0; i < COUNT(files); i++)
        if (!link_protect(&later, path_join(arena, env->config_dir, files[i]), err))
            return false;
    return user_profiles_protect(&later, err) && choices_protect(&later, err);
}
