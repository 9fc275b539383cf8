#include "sandbox/linux/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/stack.h"
#include "lib/base/text.h"
#include "sandbox/linux/plain.h"
#include "sandbox/policy/memory.h"

/* A path being resolved. folders[i] is the descriptor of the i-th component from the root. */
struct walk {
    char path[PATH_MAX]; /* canonical so far; "" is the root */
    size_t len;
    char rest[PATH_MAX]; /* still to be walked */
    int fd;              /* of path */
    unsigned links;
    bool missing;    /* path does not exist: the rest is only appended */
    bool below_file; /* for what is known of it is no folder */
    bool closed;     /* or one that we may not search */
    size_t known;
    struct arena *arena;
    struct path_found *found;
};

static bool too_long(struct error *err)
{
    return error_set(err, INVALID, "a path over %d bytes", PATH_MAX - 1);
}

static bool walk_reopen(struct walk *walk, struct error *err)
{
    int fd = plain_open(walk->len ? walk->path : "/");
    if (fd < 0)
        return error_set_errno(err, "%s", walk->len ? walk->path : "/");
    closep(&walk->fd);
    walk->fd = fd;
    return true;
}

/* name: a link's, in the folder that is left; NULL: a "..". */
static bool walk_cross(struct walk *walk, const char *name, struct error *err)
{
    struct path_found *found = walk->found;
    if (found->crossed_count == PATH_CROSSED_MAX)
        return error_set(err, INVALID, "%s: too many \"..\" and symbolic links", walk->path);
    const char *left = walk->len ? walk->path : "/";
    char *folder, *link = NULL;
    if (!memory_copy(walk->arena, left, strlen(left), &folder, err) ||
        !memory_grow(walk->arena, &found->crossed, found->crossed_count, sizeof(*found->crossed),
                     err))
        return false;
    if (name) {
        size_t size = walk->len + strlen(name) + 2;
        link = arena_try_alloc(walk->arena, size, 1);
        if (!link)
            return memory_none(err);
        (void)snprintf(link, size, "%s/%s", walk->path, name);
    }
    found->crossed[found->crossed_count++] = (struct path_crossed){ folder, name != NULL, link };
    return true;
}

static bool walk_up(struct walk *walk, struct error *err)
{
    char *slash = strrchr(walk->path, '/');
    if (!walk_cross(walk, NULL, err))
        return false;
    walk->len = slash ? (size_t)(slash - walk->path) : 0;
    walk->path[walk->len] = '\0';
    if (walk->missing && walk->len > walk->known)
        return true;
    walk->missing = walk->below_file = walk->closed = false;
    return walk_reopen(walk, err);
}

/* walk is in the folder of the link. */
static void process_note(struct walk *walk, const char *name)
{
    bool standard = text_ends(walk->path, "/fd") && name[0] >= '0' && name[0] <= '2' && !name[1];
    walk->found->by_process |= path_is_of_process(walk->path) && !standard;
}

static bool walk_follow(struct walk *walk, int link, const char *name, struct error *err)
{
    char target[PATH_MAX] UNINITIALIZED;
    ssize_t len = readlinkat(link, "", target, sizeof(target));
    if (len < 0)
        return error_set_errno(err, "readlink below %s", walk->path);
    size_t rest = strlen(walk->rest);
    if ((size_t)len + 1 + rest >= sizeof(walk->rest))
        return too_long(err);
    if (walk->links++ == PATH_LINKS_MAX)
        return error_set(err, INVALID, "%s: too many symbolic links", walk->path);
    if (!walk_cross(walk, name, err))
        return false;
    process_note(walk, name);
    memmove(walk->rest + len + 1, walk->rest, rest + 1);
    memcpy(walk->rest, target, (size_t)len);
    walk->rest[len] = '/';
    if (target[0] != '/')
        return true;
    walk->len = 0;
    walk->path[0] = '\0';
    return walk_reopen(walk, err);
}

static bool walk_append(struct walk *walk, const char *name, size_t len, struct error *err)
{
    if (walk->len + len + 2 > sizeof(walk->path))
        return too_long(err);
    walk->path[walk->len] = '/';
    memcpy(walk->path + walk->len + 1, name, len);
    walk->len += len + 1;
    walk->path[walk->len] = '\0';
    return true;
}

/* Whether the folder is closed to us, and stays it: who owns it could open it. */
static bool is_closed(const struct walk *walk)
{
    struct stat st;
    return errno == EACCES && fstat(walk->fd, &st) == 0 && st.st_uid != geteuid();
}

static bool walk_down(struct walk *walk, const char *name, size_t len, struct error *err)
{
    if (walk->missing)
        return walk_append(walk, name, len, err);
    char text[NAME_MAX + 1];
    if (len > NAME_MAX)
        return error_set(err, INVALID, "a name over %d bytes in %s", NAME_MAX, walk->path);
    memcpy(text, name, len);
    text[len] = '\0';
    int next = openat(walk->fd, text, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    int sys = errno;
    bool closed = next < 0 && is_closed(walk);
    if (next < 0 && !closed && sys != ENOENT && sys != ENOTDIR) {
        errno = sys;
        return error_set_errno(err, "%s/%s", walk->path, text);
    }
    if (next < 0) {
        walk->missing = true;
        walk->below_file = sys == ENOTDIR;
        walk->closed = closed;
        walk->known = walk->len;
        return walk_append(walk, name, len, err);
    }
    CLEANUP(closep) int owned = next;
    if (fstat(next, &st) < 0)
        return error_set_errno(err, "stat %s/%s", walk->path, text);
    if (S_ISLNK(st.st_mode))
        return walk_follow(walk, next, text, err);
    closep(&walk->fd);
    walk->fd = STEAL_FD(owned);
    return walk_append(walk, name, len, err);
}

/* Behind a link the way is often plain again. */
static bool walk_rest_at_once(struct walk *walk)
{
    size_t rest = strlen(walk->rest);
    while (rest && walk->rest[rest - 1] == '/')
        walk->rest[--rest] = '\0';
    size_t skip = strspn(walk->rest, "/");
    if (walk->len + 1 + rest - skip >= sizeof(walk->path) || rest == skip)
        return false;
    walk->path[walk->len] = '/';
    memcpy(walk->path + walk->len + 1, walk->rest + skip, rest - skip + 1);
    int fd = path_is_plain(walk->path) ? plain_open(walk->path) : -1;
    if (fd < 0) {
        walk->path[walk->len] = '\0';
        return false;
    }
    closep(&walk->fd);
    walk->fd = fd;
    walk->len += 1 + rest - skip;
    walk->rest[0] = '\0';
    return true;
}

static bool walk_all(struct walk *walk, struct error *err)
{
    unsigned links = 0;
    while (walk->rest[0]) {
        if (walk->links != links) {
            links = walk->links;
            if (walk_rest_at_once(walk))
                break;
        }
        size_t skip = strspn(walk->rest, "/"), len = strcspn(walk->rest + skip, "/");
        char name[PATH_MAX] UNINITIALIZED;
        memcpy(name, walk->rest + skip, len);
        name[len] = '\0';
        memmove(walk->rest, walk->rest + skip + len, strlen(walk->rest + skip + len) + 1);
        bool ok = true;
        if (strcmp(name, "..") == 0)
            ok = walk_up(walk, err);
        else if (len && strcmp(name, ".") != 0)
            ok = walk_down(walk, name, len, err);
        if (!ok)
            return false;
    }
    return true;
}

static void walk_init(struct walk *walk, struct arena *arena, struct path_found *found)
{
    walk->path[0] = walk->rest[0] = '\0';
    walk->len = walk->known = 0;
    walk->fd = -1;
    walk->links = 0;
    walk->missing = walk->below_file = walk->closed = false;
    walk->arena = arena;
    walk->found = found;
}

static bool walk_start(struct walk *walk, const char *path, struct error *err)
{
    char here[PATH_MAX] UNINITIALIZED;
    here[0] = '\0';
    if (path[0] != '/' && !getcwd(here, sizeof(here)))
        return error_set_errno(err, "getcwd");
    int len = snprintf(walk->rest, sizeof(walk->rest), "%s/%s", here, path);
    if (len < 0 || (size_t)len >= sizeof(walk->rest))
        return too_long(err);
    return walk_reopen(walk, err);
}

static bool long_way(const char *path, struct arena *arena, struct path_found *out,
                     struct error *err)
{
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct walk walk UNINITIALIZED;
    walk_init(&walk, arena, &found);
    bool ok = walk_start(&walk, path, err) && walk_all(&walk, err);
    found.fd = walk.fd; /* closed with found, unless handed out */
    const char *end = walk.len ? walk.path : "/";
    if (!ok || !memory_copy(arena, end, strlen(end), &found.path, err))
        return false;
    found.known = walk.missing ? (walk.known ? walk.known : 1) : strlen(found.path);
    found.below_file = walk.below_file;
    found.closed = walk.closed;
    if (walk.missing)
        closep(&found.fd), found.fd = -1;
    else if (!plain_fill(&found, found.fd, err))
        return false;
    *out = found;
    found = (struct path_found){ .fd = -1 };
    return true;
}

static bool resolve(void *context, const char *path, struct arena *arena, struct path_found *out,
                    struct error *err)
{
    return plain_resolve(context, path, false, arena, out) || long_way(path, arena, out, err);
}

static bool look(void *context, const char *path, struct arena *arena, struct path_found *out,
                 struct error *err)
{
    if (!plain_resolve(context, path, true, arena, out) && !long_way(path, arena, out, err))
        return false;
    closep(&out->fd);
    out->fd = -1;
    return true;
}

static void expect(void *context, const char *path)
{
    if (context)
        plain_expect(context, path);
}

static bool identify(void *context, const char *path, struct path_id *out)
{
    (void)context;
    struct stat st;
    if (lstat(path, &st) < 0)
        return false;
    *out = (struct path_id){ .dev = st.st_dev, .ino = st.st_ino };
    return true;
}

DEFINE_CLEANUP(DIR *, closedir)

static bool list(void *context, const char *path, bool (*entry)(void *data, const char *name),
                 void *data, struct error *err)
{
    (void)context;
    CLEANUP(closedirp) DIR *dir = opendir(path);
    if (!dir)
        return error_set_errno(err, "open %s", path);
    errno = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (struct dirent *item; (item = readdir(dir)); errno = 0) {
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        if (!entry(data, item->d_name))
            return false;
    }
    return errno == 0 || error_set_errno(err, "read %s", path);
}

const struct path_ops linux_path_ops = {
    .resolve = resolve, .look = look, .expect = expect, .identify = identify, .list = list
};
