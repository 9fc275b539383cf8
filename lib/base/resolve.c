#include "lib/base/resolve.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/base/calls.h"
#include "lib/base/cleanup.h"

struct walk {
    int dir;          /* where it begins */
    int at;           /* where it has come to */
    uint64_t resolve; /* RESOLVE_... */
    uint64_t mount;   /* with RESOLVE_NO_XDEV: the only one it may be in */
    size_t len;
    char names[PATH_MAX]; /* from dir to at, a slash behind each: neither "." nor ".." */
};

struct target {
    char name[NAME_MAX + 1];
    bool slash; /* behind it: a folder is meant */
};

static int fail_with(int sys)
{
    errno = sys;
    return -1;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_link(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int mount_of(int fd, uint64_t *out)
{
    struct statx stx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
        return -1;
    if (!(stx.stx_mask & STATX_MNT_ID))
        return fail_with(ENOSYS);
    *out = stx.stx_mnt_id;
    return 0;
}

static int mount_check(const struct walk *walk, int fd)
{
    uint64_t mount;
    if (!(walk->resolve & RESOLVE_NO_XDEV))
        return 0;
    if (mount_of(fd, &mount) < 0)
        return -1;
    return mount == walk->mount ? 0 : fail_with(EXDEV);
}

static int walk_into(struct walk *walk, const char *name)
{
    CLEANUP(closep) int fd = openat(walk->at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR && is_link(walk->at, name) ? fail_with(ELOOP) : -1;
    if (mount_check(walk, fd) < 0)
        return -1;
    (void)close(walk->at);
    walk->at = STEAL_FD(fd);
    return 0;
}

static int walk_start(struct walk *walk, const char *from)
{
    int fd = openat(walk->dir, from, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    closep(&walk->at);
    walk->at = fd;
    return 0;
}

/*
 * Up means back by the names that were gone through: a folder that was moved meanwhile has another
 * parent, and that one may lie outside.
 */
static int walk_up(struct walk *walk)
{
    if (!(walk->resolve & RESOLVE_BENEATH))
        return walk_into(walk, "..");
    if (walk->len == 0)
        return fail_with(EXDEV);
    do
        walk->len--;
    while (walk->len > 0 && walk->names[walk->len - 1] != '/');
    if (walk_start(walk, ".") < 0)
        return -1;

    char names[PATH_MAX];
    memcpy(names, walk->names, walk->len);
    for (size_t at = 0; at < walk->len;) {
        char *slash = memchr(names + at, '/', walk->len - at);
        *slash = '\0';
        if (walk_into(walk, names + at) < 0)
            return -1;
        at = (size_t)(slash - names) + 1;
    }
    return 0;
}

static int walk_step(struct walk *walk, const char *name)
{
    if (strcmp(name, "..") == 0)
        return walk_up(walk);
    if (walk_into(walk, name) < 0)
        return -1;
    size_t len = strlen(name);
    if (strcmp(name, ".") == 0)
        return 0;
    memcpy(walk->names + walk->len, name, len);
    walk->names[walk->len + len] = '/';
    walk->len += len + 1;
    return 0;
}

/* The last name; link: what a link there means is a refusal, not the link itself. */
static int end_open(const struct walk *walk, const char *name, int flags, mode_t mode, bool link)
{
    struct stat st; /* O_PATH alone would take the link itself */
    CLEANUP(closep) int fd = openat(walk->at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return errno == ENOTDIR && link && is_link(walk->at, name) ? fail_with(ELOOP) : -1;
    if (link && flags & O_PATH && (fstat(fd, &st) < 0 || S_ISLNK(st.st_mode)))
        return fail_with(ELOOP);
    return mount_check(walk, fd) < 0 ? -1 : STEAL_FD(fd);
}

static int walk_end(struct walk *walk, const struct target *target, int flags, mode_t mode)
{
    if (is_dots(target->name)) {
        bool up = strcmp(target->name, "..") == 0;
        return up && walk_up(walk) < 0 ? -1 : end_open(walk, ".", flags, mode, false);
    }
    if (!target->slash)
        return end_open(walk, target->name, flags, mode, !(flags & O_NOFOLLOW));
    if (flags & O_CREAT)
        return fail_with(EISDIR);
    return end_open(walk, target->name, flags | O_DIRECTORY, mode, true);
}

/* Takes the next name off the path; *out_last when nothing comes behind it. */
static int name_next(const char **path, struct target *target, bool *out_last)
{
    const char *from = *path + strspn(*path, "/");
    size_t len = strcspn(from, "/");
    if (len > NAME_MAX)
        return fail_with(ENAMETOOLONG);
    memcpy(target->name, from, len);
    target->name[len] = '\0';
    target->slash = from[len] == '/';
    *path = from + len + strspn(from + len, "/");
    *out_last = **path == '\0';
    return 0;
}

static int walk_along(struct walk *walk, const char *path, int flags, mode_t mode)
{
    struct target target;
    bool last;
    for (;;) {
        if (name_next(&path, &target, &last) < 0)
            return -1;
        if (last)
            break;
        if (walk_step(walk, target.name) < 0)
            return -1;
    }
    if (target.name[0] == '\0') /* the path was "/" */
        target = (struct target){ .name = "." };
    return walk_end(walk, &target, flags, mode);
}

int resolve_walk(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    assert(resolve & RESOLVE_NO_SYMLINKS);
    assert(!(resolve & RESOLVE_NO_XDEV && flags & O_TRUNC)); /* done before it could be refused */
    if (path[0] == '\0')
        return fail_with(ENOENT);
    if (strlen(path) >= PATH_MAX)
        return fail_with(ENAMETOOLONG);
    if (path[0] == '/' && resolve & RESOLVE_BENEATH)
        return fail_with(EXDEV);

    struct walk walk = { .dir = dir, .at = -1, .resolve = resolve, .len = 0 };
    int fd = -1;
    if (walk_start(&walk, path[0] == '/' ? "/" : ".") == 0 &&
        (!(resolve & RESOLVE_NO_XDEV) || mount_of(walk.at, &walk.mount) == 0))
        fd = walk_along(&walk, path, flags, mode);
    closep(&walk.at);
    return fd;
}

/* A kernel with openat2 says EINVAL to a description of no size; a filter says what it says to all.
 */
static bool is_filtered(void)
{
    return syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno == EPERM;
}

int resolve_open(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    bool makes = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = makes ? mode : 0,
        .resolve = resolve,
    };
    int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd;
    if (errno == EPERM && !is_filtered())
        return fail_with(EPERM);
    return resolve_walk(dir, path, flags, mode, resolve);
}
