/* Paths of documents: variables, globs, and the lists of grants and denies. */
#include "lib/base/files.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/stack.h"
#include "lib/base/text.h"
#include "lib/profile/resolver.h"

#define PATH_LEN_MAX 4095

bool profile_path_is_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (len == 1)
        return *path == '/';
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

const char *profile_path_clean(struct arena *arena, const char *workdir, const char *path)
{
    const char *from = *path == '/' ? path : path_join(arena, workdir, path);
    char *out = arena_alloc(arena, strlen(from) + 2, 1);
    size_t len = 0;
    while (*from) {
        from += strspn(from, "/");
        size_t part = strcspn(from, "/");
        if (part == 2 && from[0] == '.' && from[1] == '.')
            return NULL;
        if (part && !(part == 1 && *from == '.')) {
            out[len++] = '/';
            memcpy(out + len, from, part);
            len += part;
        }
        from += part;
    }
    if (!len)
        out[len++] = '/';
    return out;
}

/* Variables that are nono's own to say. */
static bool own_variable(struct resolver *resolver, const char *name, const char **out)
{
    const struct profile_env *env = resolver->env;
    const struct {
        const char *name, *value;
    } own[] = {
        { "HOME", env->home },
        { "WORKDIR", env->workdir },
        { "NONO_CONFIG", env->config_dir },
        { "NONO_PACKAGES", env->packages_dir },
        { "PACK_DIR", resolver->part->pack_dir },
    };
    for (size_t i = 0; i < COUNT(own); i++) {
        if (strcmp(name, own[i].name) == 0) {
            *out = own[i].value;
            return true;
        }
    }
    if (strcmp(name, "UID") != 0)
        return false;
    *out = arena_printf(resolver->arena, "%u", env->uid);
    return true;
}

/* $NAME; *known says whether the name means anything, the result may be NULL all the same. */
static const char *variable_find(struct resolver *resolver, const char *name, bool *known)
{
    static const struct {
        const char *name, *below_home;
    } folders[] = {
        { "XDG_CONFIG_HOME", "/.config" },
        { "XDG_DATA_HOME", "/.local/share" },
        { "XDG_STATE_HOME", "/.local/state" },
        { "XDG_CACHE_HOME", "/.cache" },
    };
    const struct profile_env *env = resolver->env;
    const char *value;
    *known = true;
    if (own_variable(resolver, name, &value))
        return value;
    value = env->variable ? env->variable(name) : NULL;
    if (value && *value != '/')
        value = NULL; /* not a path: as if it were unset */
    if (strcmp(name, "TMPDIR") == 0)
        return value ? value : "/tmp";
    if (strcmp(name, "XDG_RUNTIME_DIR") == 0)
        return value;
    for (size_t i = 0; i < COUNT(folders); i++) {
        if (strcmp(name, folders[i].name) != 0)
            continue;
        if (value || !env->home)
            return value;
        return arena_printf(resolver->arena, "%s%s", env->home, folders[i].below_home);
    }
    /* A group may name what its tool's own variables say. */
    *known = resolver->level == PROFILE_FROM_GROUP && value;
    return value;
}

static bool unknown_variable(struct resolver *resolver, const struct doc *item, const char *name)
{
    static const char *const names[] = {
        "HOME",          "WORKDIR",        "TMPDIR",         "UID",
        "PACK_DIR",      "NONO_CONFIG",    "NONO_PACKAGES",  "XDG_CONFIG_HOME",
        "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    };
    doc_fault(resolver->err, item, "there is no variable $%.64s", name);
    const char *near = text_nearest(name, names, COUNT(names));
    return near ? error_hint(resolver->err, "did you mean $%s?", near)
                : error_hint(resolver->err,
                             "known are $HOME, $WORKDIR, $TMPDIR, $UID, $PACK_DIR, $NONO_CONFIG, "
                             "$NONO_PACKAGES and the $XDG_ ones");
}

struct expansion {
    char text[PATH_LEN_MAX + 1];
    size_t len;
    const char *unset; /* the first variable that has no value here */
};

static bool expansion_add(struct resolver *resolver, const struct doc *item,
                          struct expansion *expansion, const char *text, size_t len)
{
    if (len > PATH_LEN_MAX - expansion->len)
        return doc_fault(resolver->err, item, "this path is longer than %d bytes", PATH_LEN_MAX);
    memcpy(expansion->text + expansion->len, text, len);
    expansion->len += len;
    return true;
}

/* *at is behind the '$'; steps over the name. */
static bool expand_variable(struct resolver *resolver, const struct doc *item, const char **at,
                            struct expansion *expansion)
{
    bool braces = **at == '{';
    const char *name = *at + braces;
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (!len || (braces && name[len] != '}'))
        return doc_fault(resolver->err, item, "a $ that begins no variable");
    *at = name + len + braces;

    bool known;
    name = arena_strndup(resolver->arena, name, len);
    const char *value = variable_find(resolver, name, &known);
    if (!known)
        return unknown_variable(resolver, item, name);
    if (!value)
        expansion->unset = expansion->unset ? expansion->unset : name;
    return value ? expansion_add(resolver, item, expansion, value, strlen(value)) : true;
}

static bool expand_text(struct resolver *resolver, const struct doc *item, const char *written,
                        struct expansion *expansion)
{
    const char *at = written, *home = resolver->env->home;
    if (*at == '~' && (at[1] == '/' || !at[1])) {
        if (!home)
            expansion->unset = "HOME";
        if (home && !expansion_add(resolver, item, expansion, home, strlen(home)))
            return false;
        at++;
    }
    while (*at) {
        size_t plain = strcspn(at, "$");
        if (!expansion_add(resolver, item, expansion, at, plain))
            return false;
        at += plain;
        if (*at) {
            at++;
            if (!expand_variable(resolver, item, &at, expansion))
                return false;
        }
    }
    expansion->text[expansion->len] = '\0';
    return true;
}

static size_t stars_of(const char *text)
{
    size_t stars = 0;
    for (; *text; text++)
        stars += *text == '*';
    return stars;
}

/* A folder may be called "*": what is a pattern is what the author wrote as one. */
static bool stars_check(struct resolver *resolver, const struct doc *item, const char *written,
                        const char *path)
{
    size_t stars = stars_of(written);
    return !stars || stars_of(path) == stars ||
           doc_fault(resolver->err, item,
                     "\"%.128s\": a variable or the working folder has a * in its path, which a "
                     "pattern cannot hold",
                     written);
}

/* As most paths are: below the root or the home folder, nothing in it to be replaced or left out.
 * NULL: it is another. */
static const char *expand_plain(struct resolver *resolver, const char *written)
{
    const char *home = "";
    if (*written == '~' && resolver->env->home) {
        home = resolver->env->home;
        written++;
    }
    size_t len = 0, before = strlen(home);
    for (char c; (c = written[len]); len++)
        if (c == '$' || c == '?' || c == '[' || c == '*' || c == '{')
            return NULL;
    if (*written != '/' || before + len > PATH_LEN_MAX || !resolver->env->platform)
        return NULL;
    char *path = arena_alloc(resolver->arena, before + len + 1, 1);
    memcpy(path, home, before);
    memcpy(path + before, written, len);
    return path_is_plain(path) ? path : NULL;
}

/* "{a,b}", which a shell would take for two; "${NAME}" is a variable. */
static bool has_alternatives(const char *written)
{
    for (const char *at = written; (at = strchr(at, '{')); at++) {
        size_t len = strcspn(at, ",}");
        if ((at == written || at[-1] != '$') && at[len] == ',' && strchr(at + len, '}'))
            return true;
    }
    return false;
}

/* What people may mean by a path, and nothing here does: a deny that looks right would hold
 * nothing. */
static bool path_check(struct resolver *resolver, const struct doc *item, const char *written)
{
    if (!*written)
        return doc_fault(resolver->err, item, "an empty path");
    if (strpbrk(written, "?[") || has_alternatives(written))
        return doc_fault(resolver->err, item,
                         "\"%.128s\": of patterns only * and ** are known, not ?, [ and {a,b}",
                         written);
    if (written[0] == '~' && written[1] != '/' && strchr(written, '/'))
        return doc_fault(resolver->err, item,
                         "\"%.128s\": another user's home folder has to be written out", written);
    return true;
}

bool profile_expand(struct resolver *resolver, const struct doc *item, const char *written,
                    bool must, const char **out)
{
    struct expansion expansion UNINITIALIZED; /* there are many paths */
    expansion.len = 0;
    expansion.unset = NULL;
    *out = expand_plain(resolver, written);
    if (*out)
        return true;
    if (!path_check(resolver, item, written) || !expand_text(resolver, item, written, &expansion))
        return false;
    if (!resolver->env->platform)
        return true;
    if (expansion.unset) {
        if (must)
            return doc_fault(resolver->err, item, "$%s has no value here", expansion.unset);
        profile_warn(resolver, item, "filesystem", "%s is passed over: $%s has no value here",
                     written, expansion.unset);
        return true;
    }
    *out = profile_path_clean(resolver->arena, resolver->env->workdir, expansion.text);
    if (!*out)
        return doc_fault(resolver->err, item, "\"%.128s\": a path cannot have ..", written);
    return stars_check(resolver, item, written, *out);
}

static struct profile_path *path_add(struct resolver *resolver, struct list *list,
                                     const struct doc *item, const struct profile_item *entry,
                                     const char *path, unsigned access)
{
    struct profile_path *added = LIST_ADD_MANY(resolver->arena, list, struct profile_path);
    added->written = entry->text;
    added->path = path;
    added->access = access;
    added->common = resolver->common ? access : 0;
    added->when = entry->when;
    added->is_optional = resolver->level == PROFILE_FROM_GROUP;
    added->origin = profile_origin_of(resolver, item);
    return added;
}

/* What everybody gets, /tmp say, must not become the whole home folder when that lies within it. */
static bool covers_home(const struct resolver *resolver, const char *path)
{
    return resolver->level == PROFILE_FROM_GROUP && resolver->env->home &&
           profile_path_is_in(resolver->env->home, path);
}

static bool matches_add(struct resolver *resolver, const struct doc *item, struct list *list,
                        const struct profile_item *entry, const char *pattern, unsigned access)
{
    struct list matches = { 0 };
    struct error inner = { 0 };
    bool deny = list == &resolver->profile->denies;
    if (!(deny ? profile_glob_deny : profile_glob)(resolver->arena, pattern, &matches, &inner))
        return doc_fault(resolver->err, item, "%s", inner.message);
    LIST_FOREACH (matches, const char *, match) {
        if (!profile_entry_count(resolver, item))
            return false;
        (void)path_add(resolver, list, item, entry, *match, access);
    }
    return true;
}

/* A program that is listed by name is that file alone. */
static bool is_regular(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool profile_grant_add(struct resolver *resolver, const struct doc *item, const char *key,
                       const struct profile_item *entry, unsigned access, bool is_file)
{
    const char *path;
    struct list *grants = &resolver->profile->grants;
    if (!entry->holds)
        return true;
    if (!profile_expand(resolver, item, entry->text, false, &path))
        return error_field(resolver->err, "%s", key);
    if (path && strchr(entry->text, '*'))
        return matches_add(resolver, item, grants, entry, path, access);
    if (!path && resolver->env->platform)
        return true; /* passed over, with a warning */
    if (path && covers_home(resolver, path)) {
        profile_warn(resolver, item, "filesystem", "%s is passed over: the home folder is in it",
                     entry->text);
        return true;
    }
    struct profile_path *grant = path_add(resolver, grants, item, entry, path, access);
    grant->is_file = is_file || ((access & PROFILE_ARG_LISTED) && is_regular(path));
    return true;
}

bool profile_deny_add(struct resolver *resolver, const struct doc *item,
                      const struct profile_item *entry)
{
    const char *path;
    const unsigned all =
        PROFILE_READ | PROFILE_WRITE | PROFILE_EXECUTE | PROFILE_CONNECT | PROFILE_BIND;
    struct list *denies = &resolver->profile->denies;
    if (!entry->holds)
        return true;
    if (!profile_expand(resolver, item, entry->text, true, &path))
        return error_field(resolver->err, "filesystem.deny");
    bool glob = path && strchr(entry->text, '*');
    if (glob && !matches_add(resolver, item, denies, entry, path, all))
        return false;
    struct profile_path *deny = path_add(resolver, denies, item, entry, path, all);
    deny->is_glob = glob;
    return true;
}

typedef bool path_step(struct resolver *resolver, const char *key, const struct doc *item,
                       const struct profile_item *entry, unsigned arg);

static bool paths_each(struct resolver *resolver, const char *key, const struct doc *value,
                       path_step *step, unsigned arg)
{
    struct profile_item entry;
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of paths");
    DOC_FOREACH (value, item)
        if (!profile_item_read(resolver, item, key, "path", &entry) ||
            !step(resolver, key, item, &entry, arg))
            return false;
    return true;
}

static bool path_grant(struct resolver *resolver, const char *key, const struct doc *item,
                       const struct profile_item *entry, unsigned arg)
{
    return profile_grant_add(resolver, item, key, entry, arg & ~PROFILE_ARG_FILE,
                             arg & PROFILE_ARG_FILE);
}

bool profile_apply_paths(struct resolver *resolver, const char *key, const struct doc *value,
                         unsigned arg)
{
    resolver->profile->execute_listed |= (arg & PROFILE_ARG_LISTED) != 0;
    return paths_each(resolver, key, value, path_grant, arg);
}

/* Behind what stands for a user's folder: "/.agent" of "~/.agent"; NULL when nothing does. */
static const char *behind_home(const char *written)
{
    static const char *const variables[] = { "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                             "XDG_STATE_HOME", "XDG_CACHE_HOME" };
    if (*written == '~')
        return written + 1;
    bool braced = text_starts(written, "${");
    const char *name = written + (braced ? 2 : 1);
    for (size_t i = 0; *written == '$' && i < COUNT(variables); i++) {
        size_t len = strlen(variables[i]);
        if (strncmp(name, variables[i], len) == 0 && (!braced || name[len] == '}'))
            return name + len + braced;
    }
    return NULL;
}

/* It will be made: one folder, and nowhere but in the user's own. */
static bool path_state(struct resolver *resolver, const char *key, const struct doc *item,
                       const struct profile_item *entry, unsigned arg)
{
    struct list *grants = &resolver->profile->grants;
    const char *rest = behind_home(entry->text);
    if (!rest || rest[0] != '/' || !rest[1] || strchr(entry->text, '*')) {
        doc_fault(resolver->err, item, "%s: \"%.128s\": a folder in the user's own, ~/.agent say",
                  key, entry->text);
        return error_field(resolver->err, "%s", key);
    }
    size_t before = grants->count;
    if (!profile_grant_add(resolver, item, key, entry, arg, false))
        return false;
    for (size_t i = before; i < grants->count; i++)
        LIST_AT(*grants, struct profile_path, i)->is_state = true;
    return true;
}

bool profile_apply_state(struct resolver *resolver, const char *key, const struct doc *value,
                         unsigned arg)
{
    return paths_each(resolver, key, value, path_state, arg);
}

static bool path_deny(struct resolver *resolver, const char *key, const struct doc *item,
                      const struct profile_item *entry, unsigned arg)
{
    (void)key, (void)arg;
    return profile_deny_add(resolver, item, entry);
}

bool profile_apply_denies(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    return paths_each(resolver, key, value, path_deny, arg);
}

static bool path_bypass(struct resolver *resolver, const char *key, const struct doc *item,
                        const struct profile_item *entry, unsigned arg)
{
    const char *path;
    (void)arg;
    if (!entry->holds)
        return true;
    if (!profile_expand(resolver, item, entry->text, false, &path))
        return error_field(resolver->err, "%s", key);
    if (path || !resolver->env->platform)
        (void)path_add(resolver, &resolver->profile->bypasses, item, entry, path, 0);
    return true;
}

bool profile_apply_bypass(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    return paths_each(resolver, key, value, path_bypass, arg);
}

/* The folder that a socket's name is made in. */
static const char *parent_of(struct arena *arena, const char *written)
{
    const char *slash = strrchr(written, '/');
    if (!slash)
        return ".";
    return slash == written ? "/" : arena_strndup(arena, written, (size_t)(slash - written));
}

static bool path_socket(struct resolver *resolver, const char *key, const struct doc *item,
                        const struct profile_item *entry, unsigned arg)
{
    bool bind = arg & PROFILE_BIND, file = arg & PROFILE_ARG_FILE;
    unsigned access = PROFILE_CONNECT | PROFILE_READ | (bind ? PROFILE_BIND : 0U);
    if (!file && !(arg & PROFILE_ARG_SUBTREE))
        access |= PROFILE_CHILDREN;
    if (bind && !file)
        access |= PROFILE_WRITE;
    if (!profile_grant_add(resolver, item, key, entry, access, file))
        return false;
    if (!bind || !file)
        return true;
    struct profile_item parent = *entry; /* a socket is made, and removed, in its folder */
    parent.text = parent_of(resolver->arena, entry->text);
    return profile_grant_add(resolver, item, key, &parent, PROFILE_READ | PROFILE_WRITE, false);
}

bool profile_apply_sockets(struct resolver *resolver, const char *key, const struct doc *value,
                           unsigned arg)
{
    return paths_each(resolver, key, value, path_socket, arg);
}
