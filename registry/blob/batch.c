/* Writing blobs: the journal and its one sync, files without a name meanwhile, then the names. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/blob/internal.h"

struct pending {
    char temp[33]; /* "" while there is no file, and once it has its name */
    char digest[SHA256_TEXT];
    const void *bytes;
    size_t len;
    bool damaged; /* something else stands under its name */
    bool left;    /* gets no name */
};

enum stage { ADDING, WRITING, NAMED, FAILED };

struct blob_batch {
    struct blob_store *store;
    int lock;
    enum stage stage;
    struct pending *pending;
    size_t count, room;
    struct blob_written written;
    struct journal_hold hold; /* from the first new blob on */
    struct task writing;      /* from start to commit */
};

bool blob_lock(const struct blob_store *store, const char *name, int operation, int *out_fd,
               struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_open_beneath(store->root, name, O_RDWR | O_CREAT, 0640, &fd, err))
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
    batch->lock = batch->hold.fd = -1;
    if (!blob_lock(store, BLOB_LOCK, LOCK_SH, &batch->lock, err))
        return false;
    *out = STEAL(batch);
    return true;
}

#define COMPARE_BYTES ((size_t)16 * 1024)

/* What cannot be read back is not the same: a disk that rots says EIO. */
static bool is_same(int fd, const char *bytes, size_t len)
{
    char block[COMPARE_BYTES];
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size != len)
        return false;
    for (size_t at = 0; at < len;) {
        size_t wanted = len - at < sizeof(block) ? len - at : sizeof(block);
        ssize_t got = pread(fd, block, wanted, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || memcmp(block, bytes + at, (size_t)got) != 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

enum standing { ABSENT, SOUND, DAMAGED };

/*
 * What is under a name is believed when it has the bytes that are at hand anyway: a disk may have
 * changed them since. Found again, a blob is made young, so that a collector of another node lets
 * it be. What is sound is durable: whoever gave the name had it in a journal before.
 */
static enum standing find_standing(const struct blob_batch *batch, const char *digest,
                                   const void *bytes, size_t len)
{
    char path[BLOB_PATH];
    struct error ignored;
    if (!blob_path(digest, path, &ignored))
        return ABSENT;
    CLEANUP(closep)
    int fd = openat(batch->store->objects, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ABSENT : DAMAGED;
    return is_same(fd, bytes, len) && futimens(fd, NULL) == 0 ? SOUND : DAMAGED;
}

static struct pending *pending_find(const struct blob_batch *batch, const char *digest)
{
    for (size_t i = 0; i < batch->count; i++)
        if (strcmp(batch->pending[i].digest, digest) == 0)
            return &batch->pending[i];
    return NULL;
}

static struct pending *pending_add(struct blob_batch *batch, const void *bytes, size_t len,
                                   const char digest[SHA256_TEXT])
{
    if (batch->count == batch->room) {
        batch->room = batch->room ? batch->room * 2 : 16;
        batch->pending = xreallocarray(batch->pending, batch->room, sizeof(*batch->pending));
    }
    struct pending *pending = &batch->pending[batch->count++];
    *pending = (struct pending){ .temp = "", .bytes = bytes, .len = len };
    memcpy(pending->digest, digest, SHA256_TEXT);
    return pending;
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
    assert(batch->stage == ADDING);
    if (pending_find(batch, digest))
        return true;
    enum standing standing = find_standing(batch, digest, bytes, len);
    if (standing == SOUND)
        return true;
    if (!batch->hold.segment && !journal_begin(batch->store->journal, &batch->hold, err))
        return error_prefix(err, "blob");
    pending_add(batch, bytes, len, digest)->damaged = standing == DAMAGED;
    return true;
}

/* What the journal's writer reads is not touched: it may be at work. */
void blob_batch_leave(struct blob_batch *batch, const char digest[SHA256_TEXT])
{
    struct pending *pending = pending_find(batch, digest);
    if (pending)
        pending->left = true;
}

void blob_batch_leave_sound(struct blob_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct pending *pending = &batch->pending[i];
        if (find_standing(batch, pending->digest, pending->bytes, pending->len) == SOUND)
            pending->left = true;
    }
}

/* A task: what makes them durable. */
static bool journal_write(void *context, struct error *err)
{
    const struct blob_batch *batch = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct pending *pending = &batch->pending[i];
        if (!journal_append(&batch->hold, pending->digest, pending->bytes, pending->len, err))
            return false;
        crash_point("blob.framed");
    }
    return fdatasync(batch->hold.fd) == 0 || error_set_errno(err, "sync the blobs");
}

/* Files that wait for their names. */
static bool files_write(struct blob_batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct pending *pending = &batch->pending[i];
        CLEANUP(closep) int fd = -1;
        if (pending->left)
            continue;
        random_hex(pending->temp, sizeof(pending->temp) - 1);
        if (!file_open_beneath(batch->store->temp, pending->temp, O_WRONLY | O_CREAT | O_EXCL, 0440,
                               &fd, err) ||
            !file_write_all(fd, pending->bytes, pending->len, err))
            return error_prefix(err, "blob");
        crash_point("blob.filed");
    }
    return true;
}

static bool pending_name(struct blob_batch *batch, struct pending *pending, struct error *err)
{
    char path[BLOB_PATH];
    if (pending->left)
        return true;
    if (!blob_path(pending->digest, path, err))
        return false;
    if (renameat(batch->store->temp, pending->temp, batch->store->objects, path) != 0)
        return error_set_errno(err, "name blob %s", pending->digest);
    pending->temp[0] = '\0';
    batch->written.named++;
    batch->written.replaced += pending->damaged;
    return true;
}

void blob_batch_start(struct blob_batch *batch)
{
    if (batch->stage != ADDING)
        return;
    batch->stage = WRITING;
    if (batch->count == 0)
        return;
    task_start(batch->store->tasks, &batch->writing, journal_write, batch);
}

/* Waits for what was begun; nothing comes after a failure. */
static bool writing_end(struct blob_batch *batch, struct error *err)
{
    batch->stage = FAILED;
    return batch->count == 0 || task_wait(batch->store->tasks, &batch->writing, err);
}

bool blob_batch_commit(struct blob_batch *batch, struct error *err)
{
    blob_batch_start(batch);
    if (batch->stage != WRITING)
        return batch->stage == NAMED || error_set(err, INTERNAL, "the blobs were not written");
    if (!files_write(batch, err) || !writing_end(batch, err))
        return false;
    crash_point("blob.synced");
    for (size_t i = 0; i < batch->count; i++) {
        if (!pending_name(batch, &batch->pending[i], err))
            return false;
        crash_point("blob.naming");
    }
    crash_point("blob.named");
    batch->stage = NAMED;
    return true;
}

struct blob_written blob_batch_written(const struct blob_batch *batch)
{
    return batch->written;
}

void blob_batch_close(struct blob_batch *batch)
{
    struct error ignored;
    if (!batch)
        return;
    if (batch->stage == WRITING)
        (void)!writing_end(batch, &ignored);
    journal_end(&batch->hold);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->pending[i].temp[0])
            (void)unlinkat(batch->store->temp, batch->pending[i].temp, 0);
    closep(&batch->lock);
    free(batch->pending);
    free(batch);
}
