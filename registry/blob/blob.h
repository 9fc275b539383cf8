/*
 * The blob store: bytes by their SHA-256, in a folder.
 *
 *     blob_dir/sha256/ab/abcdef...   mode 0440, written once and never changed; one that the disk
 *                                    has changed is replaced when its bytes come again
 *     blob_dir/tmp/                  what is being written; emptied at start
 *     blob_dir/journal/              what is durable before its file is (journal.h)
 *     blob_dir/lock                  writers hold it shared, the collector alone
 *     blob_dir/replay.lock           held while the journal is replayed
 *
 * A blob is durable before a batch's commit returns, and has its name; what a crash leaves behind
 * is a whole blob that nobody refers to, or nothing. After a crash of the machine a file may be cut
 * short until a store is opened on the folder again, which mends it. Nodes may share the folder.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/digest/sha256.h"

struct blob_store;

/* Makes the folders that are missing, and blobs whole that a crash of the machine cut short. */
bool blob_store_open(const char *path, struct blob_store **out, struct error *err) MUST_CHECK;
void blob_store_close(struct blob_store *store);
DEFINE_CLEANUP(struct blob_store *, blob_store_close)

/* A descriptor and a size for a digest (64 hex digits); NOT_FOUND when there is no such blob. */
bool blob_open(const struct blob_store *store, const char *digest, int *out_fd, uint64_t *out_size,
               struct error *err) MUST_CHECK;
/* The whole of a blob, at most max_bytes. */
bool blob_read(const struct blob_store *store, const char *digest, size_t max_bytes,
               struct arena *arena, const char **out, size_t *out_len, struct error *err)
    MUST_CHECK;

/*
 * Writing, many at a time: add, then commit, which makes them all durable with one sync and gives
 * each its name; then the rows that refer to them are committed; then the batch is closed. Until
 * that, the collector keeps away. Closing without a commit leaves nothing. The disk can work while
 * the caller does something else: start begins the sync, and commit is what is left of it. Bytes
 * stay the caller's, unchanged until commit has returned or the batch is closed.
 */
struct blob_batch;

bool blob_batch_open(struct blob_store *store, struct blob_batch **out, struct error *err)
    MUST_CHECK;
/* digest receives 64 hex digits. Bytes that are in the store already are not written again: they
 * are read, and what is lost or other bytes is written anew. */
bool blob_batch_add(struct blob_batch *batch, const void *bytes, size_t len,
                    char digest[SHA256_TEXT], struct error *err) MUST_CHECK;
/* The same for bytes whose digest the caller has just taken itself. */
bool blob_batch_put(struct blob_batch *batch, const void *bytes, size_t len,
                    const char digest[SHA256_TEXT], struct error *err) MUST_CHECK;
void blob_batch_start(struct blob_batch *batch); /* nothing is added after it */
/* Before commit: one that is not needed after all, or those that another batch has written by now.
 * Commit gives them no names. */
void blob_batch_leave(struct blob_batch *batch, const char digest[SHA256_TEXT]);
void blob_batch_leave_sound(struct blob_batch *batch);
bool blob_batch_commit(struct blob_batch *batch, struct error *err) MUST_CHECK;
/* What commit did: blobs that have got their names, and those of them where other bytes stood. */
struct blob_written {
    size_t named, replaced;
};
struct blob_written blob_batch_written(const struct blob_batch *batch);
void blob_batch_close(struct blob_batch *batch);
DEFINE_CLEANUP(struct blob_batch *, blob_batch_close)

/*
 * Syncs the files themselves, after which the journal is not needed: from time to time, so that it
 * stays short. Waits for the batches that are open.
 */
bool blob_store_checkpoint(struct blob_store *store, struct error *err) MUST_CHECK;

/* Whether bytes can be written here now: writes, syncs and removes a small file. */
bool blob_store_check(const struct blob_store *store, struct error *err) MUST_CHECK;

/* Calls visit for every blob, in no order. visit returns false, with err set, to stop. */
typedef bool blob_visit(void *context, const char *digest, uint64_t size, struct error *err);
bool blob_each(const struct blob_store *store, blob_visit *visit, void *context, struct error *err)
    MUST_CHECK;

/* Reads a blob and compares; UNTRUSTED when its bytes are not what its name says. */
bool blob_verify(const struct blob_store *store, const char *digest, struct error *err) MUST_CHECK;

/*
 * Removes the blobs that are older than age_s and that nobody needs. wanted is asked with the
 * writers held off. Waits for nobody: with a batch open, *out_done is false and nothing was done.
 */
typedef bool blob_wanted(void *context, const char *digest, bool *out, struct error *err);
bool blob_collect(struct blob_store *store, unsigned age_s, blob_wanted *wanted, void *context,
                  bool *out_done, uint64_t *out_removed, struct error *err) MUST_CHECK;
