/* Paths as documents write them: variables, the home folder, and what is no path. */
#include <string.h>

#include "lib/base/files.h"
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
    if (!before)
        return path_is_plain(written) ? written : NULL;
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
