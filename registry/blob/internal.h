/* What the files of registry/blob share. */
#pragma once

#include "registry/blob/blob.h"
#include "registry/blob/journal.h"
#include "registry/blob/task.h"

#define BLOB_PATH (SHA256_TEXT + 3) /* "ab/abcdef..." */

struct blob_store {
    int root, objects, temp; /* blob_dir, sha256, tmp */
    struct task_pool *tasks;
    struct journal *journal;
};

/* The place of a digest beneath sha256/; INVALID when it is none. */
bool blob_path(const char *digest, char out[BLOB_PATH], struct error *err) MUST_CHECK;

/* The folders that the blobs are in. */
#define BLOB_FANS 256
bool blob_fan_open(const struct blob_store *store, unsigned fan, int *out_fd, struct error *err)
    MUST_CHECK;

/* All blobs and their names, durable. */
bool blob_files_sync(struct blob_store *store, struct error *err) MUST_CHECK;

/* Locks among programs, by a descriptor of their own: of writers (LOCK_SH) and collector (LOCK_EX);
 * and of those who replay the journal, so that nobody looks before it is done. */
#define BLOB_LOCK        "lock"
#define BLOB_REPLAY_LOCK "replay.lock"
bool blob_lock(const struct blob_store *store, const char *name, int operation, int *out_fd,
               struct error *err) MUST_CHECK;
