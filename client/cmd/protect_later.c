#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
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

/* Whether the owner's permissions keep us from reading a file, or from listing a folder. */
static bool is_closed(const struct stat *st)
{
    mode_t need = S_ISDIR(st->st_mode) ? S_IRUSR | S_IXUSR : S_IRUSR;
    return st->st_uid == geteuid() && (st->st_mode & need) != need;
}

/* What keeps us from reading could be a program's doing, which it takes back when it likes: it may
 * change permissions wherever the user may. What is another's neither of us can read, nor what a
 * sandbox around us keeps. */
static bool unread_check(const char *path, const struct error *why, struct error *err)
{
    struct stat st;
    if (why->sys != EACCES || (stat(path, &st) == 0 ? !is_closed(&st) : is_behind_others(path)))
        return true;
    *err = *why;
    error_prefix(err, SOURCE);
    return error_hint(err, "chmod u+rX lets nono see what is to be kept from the program");
}

/* Where a link in nono's own folder leads can be anywhere; the folder itself is protected. */
static bool link_protect(const struct later *later, const char *path, struct error *err)
{
    return !is_link(path) || protect_file(later->caps, path, SOURCE, err);
}

/* Most profiles have no hook and extend no file: they are not looked at for this. */
static bool has_more(const char *text)
{
    static const char *const signs[] = { "session_hooks", ".toml", ".yaml", ".yml", ".json" };
    for (size_t i = 0; i < COUNT(signs); i++)
        if (strstr(text, signs[i]))
            return true;
    return false;
}

/* One that is not there could be made. But of many folders it may be said for the sake of some
 * where there is one: who names $WORKDIR takes what the folder has. */
static bool script_protect(const struct later *later, const struct profile_hook *hook,
                           struct error *err)
{
    struct stat st;
    bool anywhere =
        text_starts(hook->written, "$WORKDIR") || text_starts(hook->written, "${WORKDIR}");
    bool missing = lstat(hook->script, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
    return (anywhere && missing) || place_protect(later, hook->script, err);
}

/* Of a document nothing but its hook is resolved: whether the rest can be, as a pattern that comes
 * to match too much, is the program's to say. */
static bool hook_protect(const struct later *later, const char *file, const char *script,
                         struct error *err)
{
    struct arena *arena = later->arena;
    char real[PATH_MAX];
    struct doc *doc = doc_new(arena, DOC_TABLE);
    (void)doc_add_list(arena, doc, "extends");
    struct doc *hooks = doc_add_table(arena, doc, "session_hooks");
    doc_add_text(arena, doc_add_table(arena, hooks, "before"), "script", script);
    struct profile_text text = { .text = "", .file = file, .doc = doc };
    if (realpath(file, real)) /* of a pack that is being made */
        text.pack_dir = arena_printf(arena, "%.*s", (int)(strrchr(real, '/') - real), real);
    struct profile *profile;
    struct error ignored; /* what names no place cannot be run */
    return !profile_resolve(later->env, "hook", &text, NULL, arena, &profile, &ignored) ||
           script_protect(later, &profile->hook_before, err);
}

/* part: a profile, or what it says for one system. */
static bool hooks_protect(const struct later *later, const char *file, const struct doc *part,
                          struct error *err)
{
    const struct doc *hooks = doc_find(part, "session_hooks");
    if (!hooks || hooks->kind != DOC_TABLE)
        return true;
    DOC_FOREACH (hooks, hook) {
        const char *script = hook->kind == DOC_TABLE ? doc_text(hook, "script") : NULL;
        if (script && !hook_protect(later, file, script, err))
            return false;
    }
    return true;
}

static bool all_hooks_protect(const struct later *later, const char *file, const struct doc *doc,
                              struct error *err)
{
    const struct doc *overrides = doc_find(doc, "platform_overrides");
    if (!hooks_protect(later, file, doc, err))
        return false;
    if (!overrides || overrides->kind != DOC_TABLE)
        return true;
    DOC_FOREACH (overrides, part)
        if (part->kind == DOC_TABLE && !hooks_protect(later, file, part, err))
            return false;
    return true;
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

static bool document_protect(struct later *later, const char *file, struct error *err);

/* A file that is extended, also where it is not there: that keeps the profile from being run. What
 * is named otherwise is a pack's, or in the user's folder.
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
           (place_protect(later, path, err) && document_protect(later, path, err));
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool bases_protect(struct later *later, const char *file, const struct doc *doc,
                          struct error *err)
{
    const struct doc *extends = doc_find(doc, "extends");
    if (!extends || extends->kind != DOC_LIST)
        return !extends || base_protect(later, file, extends, err);
    DOC_FOREACH (extends, item)
        if (!base_protect(later, file, item, err))
            return false;
    return true;
}

/* The hooks of a document, and what it extends. file: an absolute path.
 * NOLINTNEXTLINE(misc-no-recursion): as above */
static bool document_protect(struct later *later, const char *file, struct error *err)
{
    struct profile_text text = { .file = file };
    struct doc *doc;
    struct error fault;
    if (!profile_syntax_of(file, &text.syntax))
        return true;
    if (!file_read_path(file, LIMIT_PROFILE_BYTES, later->arena, &text.text, &text.len, &fault))
        return unread_check(file, &fault, err);
    if (!has_more(text.text) || !profile_parse(&text, later->arena, &doc, &fault) ||
        doc->kind != DOC_TABLE)
        return true; /* the document itself is protected: it stays so */
    return all_hooks_protect(later, file, doc, err) && bases_protect(later, file, doc, err);
}

static bool profile_protect(struct later *later, const char *file, struct error *err)
{
    later->base_count = 0;
    return document_protect(later, file, err);
}

static bool user_profiles_protect(struct later *later, struct error *err)
{
    struct list entries;
    struct error fault;
    if (!profiles_user_list(later->env, later->arena, &entries, &fault))
        return unread_check(path_join(later->arena, later->env->config_dir, "profiles"), &fault,
                            err);
    LIST_FOREACH (entries, const struct profiles_entry, entry)
        if (!link_protect(later, entry->file, err) || !profile_protect(later, entry->file, err))
            return false;
    return true;
}

/* A file that is kept is one wherever it lies, also before it is there again. */
static bool choices_protect(struct later *later, struct error *err)
{
    struct list choices;
    struct error fault; /* what is wrong with it is told when it is asked */
    if (!profiles_default_list(later->env, later->arena, &choices, &fault))
        return unread_check(path_join(later->arena, later->env->config_dir, "agents.toml"), &fault,
                            err);
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
