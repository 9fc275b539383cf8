#include "registry/blob/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/blob/frame.h"
#include "registry/blob/internal.h"

/* A segment that is longer is ended by whoever comes next; a single batch may be longer. */
#define SEGMENT_BYTES_MAX ((uint64_t)64 * 1024 * 1024)

struct segment {
    struct journal *journal;
    int fd;
    char name[33], id[SEGMENT_ID];
    uint64_t end; /* where the next frame goes */
    size_t users;
};

struct journal {
    struct blob_store *store;
    int dir;
    pthread_mutex_t mutex;
    pthread_cond_t unused; /* a segment has no users any more */
    struct segment *current;
};

bool journal_open(struct blob_store *store, struct journal **out, struct error *err)
{
    int dir = -1;
    if (!dir_make_beneath(store->root, "journal", 0700, err) ||
        !file_open_beneath(store->root, "journal", O_RDONLY | O_DIRECTORY, 0, &dir, err))
        return false;
    struct journal *journal = xnew(struct journal);
    journal->store = store;
    journal->dir = dir;
    journal->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    journal->unused = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    *out = journal;
    return true;
}

/* Locks the file, and finds out whether a replay has removed it before that. */
static bool segment_claim(const struct journal *journal, const struct segment *segment,
                          bool *claimed, struct error *err)
{
    struct stat mine, there;
    while (flock(segment->fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return error_set_errno(err, "lock the blob journal");
    *claimed = fstat(segment->fd, &mine) == 0 &&
               fstatat(journal->dir, segment->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
               mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
    return true;
}

static void segment_free(struct segment *segment)
{
    closep(&segment->fd);
    free(segment);
}
DEFINE_CLEANUP(struct segment *, segment_free)

/* Synced with the first frames: before that nobody needs it. */
static bool segment_begin(struct segment *segment, struct error *err)
{
    char block[FRAME_BLOCK] = { 0 };
    random_hex(segment->id, SEGMENT_ID - 1);
    segment_head(segment->id, block);
    segment->end = sizeof(block);
    return file_write_all(segment->fd, block, sizeof(block), err);
}

static bool segment_make(struct journal *journal, struct segment **out, struct error *err)
{
    CLEANUP(segment_freep) struct segment *segment = xnew(struct segment);
    segment->journal = journal;
    segment->fd = -1;
    for (bool claimed = false; !claimed;) {
        closep(&segment->fd);
        segment->fd = -1;
        random_hex(segment->name, sizeof(segment->name) - 1);
        if (!file_open_beneath(journal->dir, segment->name, O_RDWR | O_CREAT | O_EXCL, 0600,
                               &segment->fd, err) ||
            !segment_claim(journal, segment, &claimed, err))
            return error_prefix(err, "blob journal");
    }
    if (!segment_begin(segment, err) || !file_sync(journal->dir, err))
        return error_prefix(err, "blob journal");
    *out = STEAL(segment);
    return true;
}

static bool is_full(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->mutex);
    bool full = journal->current && journal->current->end > SEGMENT_BYTES_MAX;
    (void)pthread_mutex_unlock(&journal->mutex);
    return full;
}

bool journal_begin(struct journal *journal, struct journal_hold *out, struct error *err)
{
    if (is_full(journal) && !journal_checkpoint(journal, err))
        return false;
    (void)pthread_mutex_lock(&journal->mutex);
    bool ok = journal->current || segment_make(journal, &journal->current, err);
    struct journal_hold hold = { journal->current, -1 };
    ok = ok && file_open_beneath(journal->dir, hold.segment->name, O_WRONLY, 0, &hold.fd, err);
    if (ok) {
        hold.segment->users++;
        *out = hold;
    }
    (void)pthread_mutex_unlock(&journal->mutex);
    return ok;
}

static uint64_t room_take(struct segment *segment, size_t len)
{
    struct journal *journal = segment->journal;
    (void)pthread_mutex_lock(&journal->mutex);
    uint64_t at = segment->end;
    segment->end += frame_size(len);
    (void)pthread_mutex_unlock(&journal->mutex);
    return at;
}

bool journal_append(const struct journal_hold *hold, const char digest[SHA256_TEXT],
                    const void *bytes, size_t len, struct error *err)
{
    char head[FRAME_HEAD];
    frame_head(hold->segment->id, digest, len, head);
    off_t at = (off_t)room_take(hold->segment, len);
    size_t total = sizeof(head) + len;
    for (size_t done = 0; done < total;) {
        bool in_head = done < sizeof(head);
        struct iovec parts[2] = {
            { head + done, in_head ? sizeof(head) - done : 0 },
            { (char *)(uintptr_t)bytes + (in_head ? 0 : done - sizeof(head)), total - done },
        };
        parts[1].iov_len -= parts[0].iov_len;
        ssize_t put = in_head ? pwritev(hold->fd, parts, 2, at + (off_t)done)
                              : pwritev(hold->fd, parts + 1, 1, at + (off_t)done);
        if (put < 0 && errno != EINTR)
            return error_set_errno(err, "blob journal");
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

void journal_end(struct journal_hold *hold)
{
    if (!hold->segment)
        return;
    struct journal *journal = hold->segment->journal;
    closep(&hold->fd);
    (void)pthread_mutex_lock(&journal->mutex);
    if (--hold->segment->users == 0)
        (void)pthread_cond_broadcast(&journal->unused);
    (void)pthread_mutex_unlock(&journal->mutex);
    *hold = (struct journal_hold){ NULL, -1 };
}

/* The segment in hand, once nobody writes to it any more; NULL when there is none. */
static struct segment *current_take(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->mutex);
    struct segment *segment = STEAL(journal->current);
    while (segment && segment->users > 0)
        (void)pthread_cond_wait(&journal->unused, &journal->mutex);
    (void)pthread_mutex_unlock(&journal->mutex);
    return segment;
}

bool journal_checkpoint(struct journal *journal, struct error *err)
{
    CLEANUP(segment_freep) struct segment *segment = current_take(journal);
    if (!segment)
        return true;
    if (!blob_files_sync(journal->store, err))
        return error_prefix(err, "blob journal"); /* it stays in its folder, for a replay */
    (void)unlinkat(journal->dir, segment->name, 0);
    return true;
}

void journal_close(struct journal *journal)
{
    struct error ignored;
    if (!journal)
        return;
    (void)!journal_checkpoint(journal, &ignored);
    closep(&journal->dir);
    (void)pthread_cond_destroy(&journal->unused);
    (void)pthread_mutex_destroy(&journal->mutex);
    free(journal);
}
