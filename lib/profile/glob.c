/* Patterns of paths against the file system, once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/profile/resolver.h"

DEFINE_CLEANUP(DIR *, closedir)

struct glob {
    struct arena *arena;
    const char *pattern;
    struct list *out;
    struct error *err;
    size_t seen, depth;
    bool deny; /* what is to be found whatever it takes */
};

static bool too_many(struct glob *glob)
{
    return error_set(glob->err, INVALID, "\"%.128s\" matches too much: narrow the pattern",
                     glob->pattern);
}

/* The deepest folder before the first pattern character. */
static const char *root_of(struct arena *arena, const char *pattern)
{
    size_t len = strcspn(pattern, "*");
    while (len > 1 && pattern[len - 1] != '/')
        len--;
    return arena_strndup(arena, pattern, len > 1 ? len - 1 : 1);
}

/* Whether what lies below path could still match: patterns of fixed length end early. */
static bool may_match_below(const char *pattern, const char *path)
{
    if (strstr(pattern, "**"))
        return true;
    size_t wanted = 0, have = 0;
    for (; *pattern; pattern++)
        wanted += *pattern == '/';
    for (; *path; path++)
        have += *path == '/';
    return have < wanted;
}

static bool match_add(struct glob *glob, const char *path)
{
    *LIST_ADD(glob->arena, glob->out, const char *) = path;
    return glob->out->count <= LIMIT_GLOB_MATCHES || too_many(glob);
}

/* What could not be looked at has no matches to grant; where a deny would go unheld, only what
 * certainly has none is passed over. */
static bool unseen_pass(struct glob *glob, const char *path)
{
    if (!glob->deny || errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES)
        return true;
    return error_set_errno(glob->err, "look into %s, where \"%.128s\" may match", path,
                           glob->pattern);
}

static bool folder_walk(struct glob *glob, int parent, const char *name, const char *path);

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool entry_take(struct glob *glob, int dir, const char *folder, const char *name)
{
    struct stat info;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (++glob->seen > LIMIT_GLOB_ENTRIES)
        return too_many(glob);
    const char *path = arena_printf(glob->arena, "%s/%s", folder[1] ? folder : "", name);
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return unseen_pass(glob, path);
    if (S_ISLNK(info.st_mode) && !glob->deny)
        return true;
    if (text_glob(glob->pattern, path) && !match_add(glob, path))
        return false;
    return !S_ISDIR(info.st_mode) || !may_match_below(glob->pattern, path) ||
           folder_walk(glob, dir, name, path);
}

/* Nobody has looked into a folder that is closed; whoever owns it could open it up later. */
static bool unseen_take(struct glob *glob, int parent, const char *name, const char *path)
{
    struct stat info;
    if (!glob->deny || errno != EACCES)
        return unseen_pass(glob, path);
    bool ours = fstatat(parent, name, &info, 0) == 0 && info.st_uid == geteuid();
    return !ours || match_add(glob, path);
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool entries_take(struct glob *glob, DIR *dir, const char *path)
{
    errno = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (const struct dirent *entry; (entry = readdir(dir)); errno = 0)
        if (!entry_take(glob, dirfd(dir), path, entry->d_name))
            return false;
    return errno == 0 || unseen_pass(glob, path);
}

/* To be denied, a folder that nobody can look into is a match itself when it is ours. */
/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool folder_walk(struct glob *glob, int parent, const char *name, const char *path)
{
    struct stat self;
    bool follow = glob->deny && parent == AT_FDCWD; /* the folder that was written */
    CLEANUP(closep)
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    if (fd < 0 || fstatat(fd, ".", &self, 0) != 0) /* listed without search: its names are all */
        return unseen_take(glob, parent, name, path);
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (!dir)
        return unseen_pass(glob, path);
    (void)STEAL_FD(fd);
    if (++glob->depth > LIMIT_DOC_DEPTH)
        return too_many(glob);
    if (!entries_take(glob, dir, path))
        return false;
    glob->depth--;
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool glob_all(struct glob *glob)
{
    struct list *out = glob->out;
    const char *root = root_of(glob->arena, glob->pattern);
    if (!folder_walk(glob, AT_FDCWD, root, root))
        return false;
    if (out->count)
        qsort(out->items, out->count, sizeof(const char *), by_text);
    return true;
}

bool profile_glob(struct arena *arena, const char *pattern, struct list *out, struct error *err)
{
    struct glob glob = { .arena = arena, .pattern = pattern, .out = out, .err = err };
    return glob_all(&glob);
}

bool profile_glob_deny(struct arena *arena, const char *pattern, struct list *out,
                       struct error *err)
{
    struct glob glob = { .arena = arena, .pattern = pattern, .out = out, .err = err, .deny = true };
    return glob_all(&glob);
}
