/* Writing blobs: temporary files, then fsync, rename and fsync of the folders, all together. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/encode.h"
#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/blob/internal.h"

struct pending {
    int fd;
    char temp[40];
    char digest[SHA256_TEXT];
};

struct blob_batch {
    const struct blob_store *store;
    int lock;
    struct pending *pending;
    size_t count, room;
    bool touched[256]; /* folders that got a name */
};

/* Files that may wait open for the sync; more are synced as they come. */
#define OPEN_MAX_PENDING 64
/* A name that is older was synced by its writer, or by the kernel on its own. */
#define NAME_SYNCED_S 300

bool blob_lock(const struct blob_store *store, int operation, int *out_fd, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_open_beneath(store->root, "lock", O_RDWR | O_CREAT, 0640, &fd, err))
        return false;
    while (flock(fd, operation) != 0)
        if (errno != EINTR)
            return error_set_errno(err, "lock the blob folder");
    *out_fd = fd;
    fd = -1;
    return true;
}

bool blob_batch_open(struct blob_store *store, struct blob_batch **out, struct error *err)
{
    CLEANUP(blob_batch_closep) struct blob_batch *batch = xnew(struct blob_batch);
    batch->store = store;
    batch->lock = -1;
    if (!blob_lock(store, LOCK_SH, &batch->lock, err))
        return false;
    *out = STEAL(batch);
    return true;
}

static void fan_touch(struct blob_batch *batch, const char *digest)
{
    unsigned char first;
    if (hex_decode((const char[]){ digest[0], digest[1], '\0' }, &first, 1))
        batch->touched[first] = true;
}

/*
 * Found again, a blob is made young, so that a collector of another node lets it be. Its name may
 * be another writer's, not synced yet: so its folder is synced here too, unless it is long there.
 */
static bool already_there(struct blob_batch *batch, const char *digest)
{
    char path[BLOB_PATH];
    struct stat status;
    struct error ignored;
    int objects = batch->store->objects;
    if (!blob_path(digest, path, &ignored) ||
        fstatat(objects, path, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        utimensat(objects, path, NULL, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (status.st_mtim.tv_sec > clock_now_us() / CLOCK_SECOND - NAME_SYNCED_S)
        fan_touch(batch, digest);
    return true;
}

static bool is_pending(const struct blob_batch *batch, const char *digest)
{
    for (size_t i = 0; i < batch->count; i++)
        if (strcmp(batch->pending[i].digest, digest) == 0)
            return true;
    return false;
}

static bool pending_sync(struct pending *pending, struct error *err)
{
    if (pending->fd < 0)
        return true;
    if (fdatasync(pending->fd) != 0)
        return error_set_errno(err, "sync a blob");
    (void)close(pending->fd);
    pending->fd = -1;
    return true;
}

bool blob_batch_add(struct blob_batch *batch, const void *bytes, size_t len,
                    char digest[SHA256_TEXT], struct error *err)
{
    sha256_hex(bytes, len, digest);
    return blob_batch_put(batch, bytes, len, digest, err);
}

bool blob_batch_put(struct blob_batch *batch, const void *bytes, size_t len,
                    const char digest[SHA256_TEXT], struct error *err)
{
    if (is_pending(batch, digest) || already_there(batch, digest))
        return true;
    if (batch->count == batch->room) {
        batch->room = batch->room ? batch->room * 2 : 16;
        batch->pending = xreallocarray(batch->pending, batch->room, sizeof(*batch->pending));
    }
    struct pending *pending = &batch->pending[batch->count];
    *pending = (struct pending){ .fd = -1 };
    memcpy(pending->digest, digest, SHA256_TEXT);
    random_hex(pending->temp, sizeof(pending->temp) - 8);
    if (!file_open_beneath(batch->store->temp, pending->temp, O_WRONLY | O_CREAT | O_EXCL, 0440,
                           &pending->fd, err))
        return error_prefix(err, "blob");
    batch->count++;
    if (!file_write_all(pending->fd, bytes, len, err))
        return error_prefix(err, "blob");
    return batch->count <= OPEN_MAX_PENDING || pending_sync(pending, err);
}

static bool pending_name(struct blob_batch *batch, struct pending *pending, struct error *err)
{
    char path[BLOB_PATH];
    if (!blob_path(pending->digest, path, err))
        return false;
    if (renameat(batch->store->temp, pending->temp, batch->store->objects, path) != 0)
        return error_set_errno(err, "name blob %s", pending->digest);
    pending->temp[0] = '\0';
    fan_touch(batch, pending->digest);
    return true;
}

static bool folders_sync(const struct blob_batch *batch, struct error *err)
{
    int fds[256];
    size_t count = 0;
    bool ok = true;
    for (unsigned i = 0; i < 256 && ok; i++) {
        char name[3];
        (void)snprintf(name, sizeof(name), "%02x", i);
        if (batch->touched[i])
            ok = file_open_beneath(batch->store->objects, name, O_RDONLY | O_DIRECTORY, 0,
                                   &fds[count], err);
        count += ok && batch->touched[i];
    }
    ok = ok && syncer_run(batch->store->syncer, fds, count, err);
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
    return ok;
}

static bool files_sync(struct blob_batch *batch, struct error *err)
{
    int fds[OPEN_MAX_PENDING + 1];
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->pending[i].fd >= 0)
            fds[count++] = batch->pending[i].fd;
    if (!syncer_run(batch->store->syncer, fds, count, err))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        closep(&batch->pending[i].fd);
        batch->pending[i].fd = -1;
    }
    return true;
}

bool blob_batch_commit(struct blob_batch *batch, struct error *err)
{
    if (!files_sync(batch, err))
        return false;
    crash_point("blob.synced");
    for (size_t i = 0; i < batch->count; i++)
        if (!pending_name(batch, &batch->pending[i], err))
            return false;
    crash_point("blob.named");
    return folders_sync(batch, err);
}

void blob_batch_close(struct blob_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        struct pending *pending = &batch->pending[i];
        closep(&pending->fd);
        if (pending->temp[0])
            (void)unlinkat(batch->store->temp, pending->temp, 0);
    }
    closep(&batch->lock);
    free(batch->pending);
    free(batch);
}
