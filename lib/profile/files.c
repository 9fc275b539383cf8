/* Lists of paths in documents: grants, denies, sockets. */
#include <string.h>
#include <sys/stat.h>

#include "lib/base/text.h"
#include "lib/profile/resolver.h"

static struct profile_path *path_add(struct resolver *resolver, struct list *list,
                                     const struct doc *item, const struct profile_item *entry,
                                     const char *path, unsigned access)
{
    struct profile_path *added = profile_path_new(resolver, list);
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

static void home_spare(struct resolver *resolver, const struct doc *item, const char *path)
{
    profile_warn(resolver, item, "filesystem", "%s is passed over: the home folder is in it", path);
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
        if (!deny && covers_home(resolver, *match)) {
            home_spare(resolver, item, *match);
            continue;
        }
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
        home_spare(resolver, item, entry->text);
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
