#include "lib/base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/resolve.h"

bool dir_open(const char *path, int *out_fd, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "open %s", path);
    *out_fd = fd;
    return true;
}

/* EAGAIN means that a rename raced us, or with O_NONBLOCK that somebody has a lease of the file,
 * which may last. */
#define RACES_MAX 64

#define INSIDE (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

static bool open_inside(int dir, const char *path, int flags, mode_t mode, uint64_t resolve,
                        int *out_fd, struct error *err)
{
    int fd, races = 0;
    do {
        fd = resolve_open(dir, path, flags, mode, resolve);
    } while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++races < RACES_MAX)));
    if (fd < 0)
        return error_set_errno(err, "open %s", path);
    *out_fd = fd;
    return true;
}

bool file_open_beneath(int dir, const char *path, int flags, mode_t mode, int *out_fd,
                       struct error *err)
{
    return open_inside(dir, path, flags, mode, INSIDE, out_fd, err);
}

bool file_open_same_mount(int dir, const char *path, int flags, mode_t mode, int *out_fd,
                          struct error *err)
{
    return open_inside(dir, path, flags, mode, INSIDE | RESOLVE_NO_XDEV, out_fd, err);
}

bool file_sync(int fd, struct error *err)
{
    return fsync(fd) == 0 || error_set_errno(err, "fsync");
}

static bool component_make(int dir, const char *name, mode_t mode, int *out_fd, struct error *err)
{
    bool made = mkdirat(dir, name, mode) == 0;
    if (!made && errno != EEXIST)
        return error_set_errno(err, "mkdir %s", name);
    if (made && !file_sync(dir, err))
        return false;
    return file_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0, out_fd, err);
}

bool dir_make_beneath(int dir, const char *path, mode_t mode, struct error *err)
{
    char name[256];
    CLEANUP(closep) int current = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (current < 0)
        return error_set_errno(err, "dup");
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");
        if (len >= sizeof(name))
            return error_set(err, INVALID, "%s: a part of the name is over 255 bytes", path);
        memcpy(name, at, len);
        name[len] = '\0';
        int next = -1;
        if (len && !component_make(current, name, mode, &next, err))
            return error_prefix(err, "%s", path);
        if (len) {
            (void)close(current);
            current = next;
        }
        at += len + (at[len] == '/');
    }
    return true;
}

bool dir_make_path(const char *path, mode_t mode, struct error *err)
{
    CLEANUP(freep) char *copy = strdup(path);
    if (!copy)
        abort();
    for (char *at = copy + 1;; at++) {
        char end = *at;
        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, mode) != 0 && errno != EEXIST)
            return error_set_errno(err, "mkdir %s", copy);
        if (!end)
            return true;
        *at = end;
    }
}

bool file_read(int fd, size_t max_bytes, struct arena *arena, const char **out, size_t *out_len,
               struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if (!S_ISREG(st.st_mode))
        return error_set(err, INVALID, "not a regular file");
    if ((uint64_t)st.st_size > max_bytes)
        return error_set(err, TOO_LARGE, "over %zu bytes", max_bytes);

    size_t size = (size_t)st.st_size, done = 0;
    char *bytes = arena_alloc(arena, size + 1, 1);
    while (done < size) {
        ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read");
        if (got == 0)
            break; /* cut short since the stat */
        done += (size_t)got;
    }
    bytes[done] = '\0';
    *out = bytes;
    *out_len = done;
    return true;
}

bool file_read_beneath(int dir, const char *path, size_t max_bytes, struct arena *arena,
                       const char **out, size_t *out_len, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err))
        return false;
    return file_read(fd, max_bytes, arena, out, out_len, err) || error_prefix(err, "%s", path);
}

bool file_read_if_there(const char *path, size_t max_bytes, struct arena *arena, const char **out,
                        size_t *out_len, struct error *err)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *out = NULL;
    *out_len = 0;
    if (fd < 0)
        return errno == ENOENT || error_set_errno(err, "open %s", path);
    return file_read(fd, max_bytes, arena, out, out_len, err) || error_prefix(err, "%s", path);
}

bool file_read_path(const char *path, size_t max_bytes, struct arena *arena, const char **out,
                    size_t *out_len, struct error *err)
{
    if (!file_read_if_there(path, max_bytes, arena, out, out_len, err))
        return false;
    errno = ENOENT;
    return *out || error_set_errno(err, "open %s", path);
}

bool file_write_all(int fd, const void *bytes, size_t len, struct error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t put = write(fd, (const char *)bytes + done, len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_set_errno(err, "write");
        done += (size_t)put;
    }
    return true;
}

static bool file_fill(int dir, const char *name, const void *bytes, size_t len, mode_t mode,
                      struct error *err)
{
    CLEANUP(closep)
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return error_set_errno(err, "create %s", name);
    if (fchmod(fd, mode) != 0) /* whatever the umask */
        return error_set_errno(err, "chmod %s", name);
    return file_write_all(fd, bytes, len, err) && file_sync(fd, err);
}

bool file_replace(int dir, const char *name, const void *bytes, size_t len, mode_t mode,
                  struct error *err)
{
    char temporary[32] = ".tmp-";
    random_hex(temporary + 5, 16);
    if (!file_fill(dir, temporary, bytes, len, mode, err)) {
        (void)unlinkat(dir, temporary, 0);
        return error_prefix(err, "write %s", name);
    }
    if (renameat(dir, temporary, dir, name) != 0) {
        error_set_errno(err, "rename to %s", name);
        (void)unlinkat(dir, temporary, 0);
        return false;
    }
    return file_sync(dir, err);
}

DEFINE_CLEANUP(DIR *, closedir)

#define DEPTH_AT_ONCE 64 /* of folders that tree_remove has open */

/* A folder to empty: its owner may need to be allowed that first. */
static bool folder_open_up(int dir, const char *name, int *out_fd, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    char self[32];
    struct stat info;
    if (!file_open_same_mount(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, &fd, err) &&
        (err->sys != ENOSYS || /* then the kernel cannot tell mounts apart */
         !file_open_beneath(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, &fd, err)))
        return false;
    if (fstat(fd, &info) != 0)
        return error_set_errno(err, "stat %s", name);
    if ((info.st_mode & S_IRWXU) != S_IRWXU) {
        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        (void)chmod(self, S_IRWXU); /* the open tells when it did not help */
    }
    *out_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out_fd >= 0 || error_set_errno(err, "open %s", name);
}

/* A folder that is emptied, and how deep below it the work is. */
struct emptying {
    int top;
    unsigned depth;
    bool moved; /* something from far below was brought to the top, and is still to be removed */
    bool left;  /* something is mounted in it */
};

static bool entry_remove(struct emptying *emptying, int dir, const char *name, struct error *err);

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool entries_remove(struct emptying *emptying, int dir, struct error *err)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedirp) DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream)
        return error_set_errno(err, "list");
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!entry_remove(emptying, dir, entry->d_name, err))
            return false;
    }
    return true;
}

/* What is nested deeper than there are descriptors, or stack, is brought to the top by pieces. */
static bool folder_raise(struct emptying *emptying, int dir, const char *name, struct error *err)
{
    char raised[32] = ".tmp-";
    random_hex(raised + 5, 16);
    if (renameat(dir, name, emptying->top, raised) != 0)
        return error_set_errno(err, "move %s", name);
    emptying->moved = true;
    return true;
}

/* What is no folder is gone then, or mounted there, and *out_fd -1; a folder is opened, to be
 * emptied. */
static bool file_remove(struct emptying *emptying, int dir, const char *name, int *out_fd,
                        struct error *err)
{
    *out_fd = -1;
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return true;
    bool mounted = errno == EBUSY;
    if (!mounted && errno != EISDIR && errno != EPERM)
        return error_set_errno(err, "remove %s", name);
    if (!mounted && folder_open_up(dir, name, out_fd, err))
        return true;
    mounted = mounted || err->sys == EXDEV;
    emptying->left |= mounted;
    return mounted;
}

static bool folder_remove(const struct emptying *emptying, int dir, const char *name,
                          struct error *err)
{
    if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    return (emptying->left && (errno == ENOTEMPTY || errno == EEXIST)) ||
           error_set_errno(err, "remove %s", name);
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool entry_remove(struct emptying *emptying, int dir, const char *name, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_remove(emptying, dir, name, &fd, err))
        return false;
    if (fd < 0)
        return true;
    if (emptying->depth == DEPTH_AT_ONCE)
        return folder_raise(emptying, dir, name, err);
    emptying->depth++;
    bool ok = entries_remove(emptying, fd, err);
    emptying->depth--;
    return ok && folder_remove(emptying, dir, name, err);
}

/* The folder that the last name of a path is in, when the path has more: then *out_fd holds it. */
static bool parent_open(int *dir, const char **name, int *out_fd, struct error *err)
{
    char path[PATH_MAX];
    const char *slash = strrchr(*name, '/');
    size_t len = slash ? (size_t)(slash - *name) + 1 : 0;
    if (!len)
        return true;
    if (len >= sizeof(path))
        return error_set(err, INVALID, "%.64s...: the path is too long", *name);
    memcpy(path, *name, len);
    path[len] = '\0';
    *out_fd = openat(*dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *dir = *out_fd;
    *name = slash + 1;
    return *out_fd >= 0 || error_set_errno(err, "open %s", path);
}

bool tree_clear(int dir, const char *name, bool *out_left, struct error *err)
{
    CLEANUP(closep) int parent = -1;
    CLEANUP(closep) int fd = -1;
    struct emptying emptying = { .moved = true };
    bool there = parent_open(&dir, &name, &parent, err);
    if (!there && err->kind != ERROR_NOT_FOUND)
        return false;
    if (there && !file_remove(&emptying, dir, name, &fd, err))
        return false;
    emptying.top = fd;
    while (fd >= 0 && emptying.moved) {
        emptying.moved = false;
        if (!entries_remove(&emptying, fd, err))
            return false;
    }
    if (fd >= 0 && !folder_remove(&emptying, dir, name, err))
        return false;
    *out_left = emptying.left;
    return true;
}

bool tree_remove(int dir, const char *name, struct error *err)
{
    bool left;
    return tree_clear(dir, name, &left, err) &&
           (!left || error_set(err, CONFLICT, "another file system is mounted in %s", name));
}

bool file_is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

const char *path_join(struct arena *arena, const char *folder, const char *name)
{
    size_t len = strlen(folder), slash = len && folder[len - 1] == '/' ? 0 : 1, rest = strlen(name);
    char *path = arena_alloc(arena, len + slash + rest + 1, 1);
    memcpy(path, folder, len);
    memcpy(path + len, "/", slash);
    memcpy(path + len + slash, name, rest);
    return path;
}

bool path_is_plain(const char *path)
{
    const char *at = path;
    while (*at == '/') {
        if (at[1] == '/' || (at[1] == '.' && (at[2] == '/' || at[2] == '\0' || at[2] == '.')))
            return false;
        if (at[1] == '\0')
            return at == path;
        do
            at++;
        while (*at && *at != '/');
    }
    return at != path;
}
