/*
 * The journal of a blob store: what makes many new files durable with one sync.
 *
 * Blobs of a batch are appended to a segment, blob_dir/journal/<name>, one frame each: a line that
 * tells the segment's id, digest and length, then the bytes. When the segment is synced they are
 * safe, and the files under their names need no sync of their own. From time to time a checkpoint
 * syncs the whole file system once, and removes the segment. After a crash of the machine, replay()
 * writes again what the files lack. A frame proves itself by its digest, so nothing of a torn
 * segment is believed.
 *
 * The program that writes a segment holds it locked; only one that nobody holds is replayed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/digest/sha256.h"

struct blob_store;
struct journal;
struct segment;

bool journal_open(struct blob_store *store, struct journal **out, struct error *err) MUST_CHECK;
/* With a checkpoint, if it can be done; else the segments stay for the next replay. */
void journal_close(struct journal *journal);

/*
 * A hold on the segment in hand, which is not removed before journal_end, and a descriptor of one's
 * own: Linux tells a failed write once to each, so that no sync is told the good news of another's.
 */
struct journal_hold {
    struct segment *segment;
    int fd;
};
bool journal_begin(struct journal *journal, struct journal_hold *out, struct error *err) MUST_CHECK;
/* Durable when hold->fd has been synced. */
bool journal_append(const struct journal_hold *hold, const char digest[SHA256_TEXT],
                    const void *bytes, size_t len, struct error *err) MUST_CHECK;
void journal_end(struct journal_hold *hold);

/* Makes all files durable in their places, and removes the segments that they were kept in. */
bool journal_checkpoint(struct journal *journal, struct error *err) MUST_CHECK;

/* Writes again what segments of programs that are gone hold and the files lack; *restored of them.
 */
bool journal_replay(struct blob_store *store, uint64_t *restored, struct error *err) MUST_CHECK;
