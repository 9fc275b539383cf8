/*
 * Packs: files of objects with an index at their end (docs/formats/snapshot.md). A pack is written
 * under another name, made durable, and then appears as a whole; it never changes afterwards.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/digest/sha256.h"

#define PACK_NAME_TEXT (SHA256_TEXT + 5) /* "<hex>.pack" */

/* What a pack needs beside its objects: for each of them, and for itself. */
#define PACK_ENTRY_BYTES 56
#define PACK_FRAME_BYTES 80

/* An object's place. */
struct pack_entry {
    unsigned char digest[SHA256_BYTES];
    uint64_t offset, len;
};

/* Exactly len bytes from offset on. UNTRUSTED when there are fewer, or the disk has lost them. */
bool pack_read(int fd, void *bytes, size_t len, uint64_t offset, struct error *err) MUST_CHECK;

/* Reads and checks the index at the end of a pack; UNTRUSTED when it is not what was written. *out
 * is freed with free(), sorted by digest. */
bool pack_index_read(int fd, struct pack_entry **out, size_t *out_count, struct error *err)
    MUST_CHECK;

struct pack_writer;

/* A new pack in the folder of packs, whose descriptor must outlive the writer. */
bool pack_writer_new(int packs, struct pack_writer **out, struct error *err) MUST_CHECK;
/* Removes what was written unless pack_writer_finish succeeded. */
void pack_writer_free(struct pack_writer *writer);
DEFINE_CLEANUP(struct pack_writer *, pack_writer_free)

/* Adds an object; the caller knows that the pack does not have it. */
bool pack_put(struct pack_writer *writer, const unsigned char digest[SHA256_BYTES],
              const void *bytes, size_t len, struct error *err) MUST_CHECK;
/*
 * Copies len bytes of a file from offset on as an object, in the kernel where it can, and without
 * a copy where the file system can share blocks; they begin at a multiple of 4096. The digest is of
 * what arrived in the pack, and *out_len is how much that was (the file may have been cut short).
 * The object is then the newest, and pack_drop takes it back.
 */
bool pack_copy(struct pack_writer *writer, int fd, uint64_t offset, uint64_t len,
               unsigned char digest[SHA256_BYTES], uint64_t *out_len, struct error *err) MUST_CHECK;
bool pack_drop(struct pack_writer *writer, struct error *err) MUST_CHECK;

/* Of the file; with its index once it is finished. */
uint64_t pack_writer_bytes(const struct pack_writer *writer);

/* Makes the pack durable and gives it its name. Not for an empty one. *out_entries (sorted) is
 * freed with free(). */
bool pack_writer_finish(struct pack_writer *writer, char out_name[PACK_NAME_TEXT],
                        struct pack_entry **out_entries, size_t *out_count, struct error *err)
    MUST_CHECK;
