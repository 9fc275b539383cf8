/* What a crash of the machine took is written again from the segments that survived it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/random.h"
#include "registry/blob/frame.h"
#include "registry/blob/internal.h"

DEFINE_CLEANUP(DIR *, closedir)

static bool one_sync(void *context, const char *digest, uint64_t size, struct error *err)
{
    const struct blob_store *store = context;
    CLEANUP(closep) int fd = -1;
    uint64_t length;
    (void)size;
    return blob_open(store, digest, &fd, &length, err) && file_sync(fd, err);
}

/* syncfs(2) does not come through to the other side of a FUSE file system: each file, then. */
static bool each_sync(struct blob_store *store, struct error *err)
{
    if (!blob_each(store, one_sync, store, err))
        return false;
    for (unsigned i = 0; i < BLOB_FANS; i++) {
        CLEANUP(closep) int fd = -1;
        if (!blob_fan_open(store, i, &fd, err) || !file_sync(fd, err))
            return false;
    }
    return true;
}

bool blob_files_sync(struct blob_store *store, struct error *err)
{
    struct statfs system;
    if (fstatfs(store->objects, &system) != 0)
        return error_set_errno(err, "statfs");
    if (system.f_type == FUSE_SUPER_MAGIC)
        return each_sync(store, err);
    return syncfs(store->objects) == 0 || error_set_errno(err, "sync the blobs");
}

/* A command of root's beside the service of another user leaves what that can read, where root is
 * heeded: a file server may not. */
static void owner_keep(const struct blob_store *store, int fd)
{
    struct stat folder;
    if (geteuid() == 0 && fstat(store->objects, &folder) == 0)
        (void)!fchown(fd, folder.st_uid, folder.st_gid);
}

static bool blob_write(const struct blob_store *store, const struct frame *frame, struct error *err)
{
    char path[BLOB_PATH], temp[33];
    CLEANUP(closep) int fd = -1;
    random_hex(temp, sizeof(temp) - 1);
    if (!blob_path(frame->digest, path, err) ||
        !file_open_beneath(store->temp, temp, O_WRONLY | O_CREAT | O_EXCL, 0440, &fd, err) ||
        !file_write_all(fd, frame->body, (size_t)frame->len, err))
        return false;
    owner_keep(store, fd);
    if (!file_sync(fd, err))
        return false;
    return renameat(store->temp, temp, store->objects, path) == 0 ||
           error_set_errno(err, "name blob %s", frame->digest);
}

static bool frames_replay(struct blob_store *store, const char *bytes, uint64_t size,
                          uint64_t *restored, struct error *err)
{
    char id[SEGMENT_ID];
    struct frame frame;
    struct error damage;
    if (!segment_find(bytes, size, id))
        return true; /* never synced: nothing was published out of it */
    for (uint64_t at = FRAME_BLOCK; at < size;) {
        if (!frame_find(id, bytes + at, size - at, &frame)) {
            at += FRAME_BLOCK; /* torn, or a body's inside: the next may be whole */
            continue;
        }
        at += frame_size(frame.len);
        if (blob_verify(store, frame.digest, &damage))
            continue;
        if (!blob_write(store, &frame, err))
            return false;
        (*restored)++;
    }
    return true;
}

/* Of a program that is gone: nobody else holds its lock. */
static bool segment_replay(struct blob_store *store, int fd, uint64_t *restored, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set_errno(err, "blob journal");
    size_t size = (size_t)status.st_size;
    if (size == 0)
        return true;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return error_set_errno(err, "map the blob journal");
    bool ok = frames_replay(store, bytes, size, restored, err);
    (void)munmap(bytes, size);
    return ok && blob_files_sync(store, err);
}

static bool entry_replay(struct blob_store *store, int dir, const char *name, uint64_t *restored,
                         struct error *err)
{
    CLEANUP(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || error_set_errno(err, "blob journal %s", name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK || error_set_errno(err, "lock the blob journal");
    return segment_replay(store, fd, restored, err) &&
           (unlinkat(dir, name, 0) == 0 || errno == ENOENT ||
            error_set_errno(err, "remove the blob journal"));
}

bool journal_replay(struct blob_store *store, uint64_t *restored, struct error *err)
{
    int fd = -1;
    if (!file_open_beneath(store->root, "journal", O_RDONLY | O_DIRECTORY, 0, &fd, err))
        return false;
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (!dir)
        abort();
    *restored = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): readdir is safe on a stream of one's own */
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && !entry_replay(store, fd, entry->d_name, restored, err))
            return error_prefix(err, "replay");
    return true;
}
