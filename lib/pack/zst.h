/*
 * zstd as packs use it: one frame with a checksum, a fixed level and window. The reader bounds what
 * goes in, what comes out and the memory in between, and hashes both sides.
 */
#pragma once

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/digest/sha256.h"
#include "lib/pack/archive.h"

struct zst_writer;

/* Appends to out, which the caller owns and which bounds the size. */
struct zst_writer *zst_writer_new(struct buf *out);
void zst_writer_free(struct zst_writer *writer);
DEFINE_CLEANUP(struct zst_writer *, zst_writer_free)
bool zst_writer_bytes(struct zst_writer *writer, const void *bytes, size_t len, struct error *err)
    MUST_CHECK;
bool zst_writer_end(struct zst_writer *writer, struct error *err) MUST_CHECK;

struct zst_reader;

/* max_in bytes are read at most, max_out handed out; more is TOO_LARGE. source must live on. */
struct zst_reader *zst_reader_new(const struct archive_source *source, uint64_t max_in,
                                  uint64_t max_out);
void zst_reader_free(struct zst_reader *reader);
DEFINE_CLEANUP(struct zst_reader *, zst_reader_free)

/* The next piece, good until the next call; *len 0 at the end of the one frame, with nothing behind
 * it. */
bool zst_reader_next(struct zst_reader *reader, const void **out, size_t *len, struct error *err)
    MUST_CHECK;

struct zst_totals {
    uint64_t in, out;
    char in_sha256[SHA256_TEXT], out_sha256[SHA256_TEXT];
};
/* Once, after the end. */
void zst_reader_totals(struct zst_reader *reader, struct zst_totals *out);
