/*
 * The journal's lines. A segment begins with one that states its id, which is random and nowhere
 * else; each frame is a line with that id, in a block's first bytes, and the blob behind it. So
 * what a publisher chose cannot pass for a frame.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest/sha256.h"

#define FRAME_BLOCK ((uint64_t)512) /* frames begin at a multiple of it, the first behind one */
#define FRAME_HEAD  128
#define SEGMENT_ID  33 /* 32 hex digits and a NUL */

/* "nono-journal-2 <id>", padded with spaces to a line of FRAME_HEAD bytes. */
void segment_head(const char id[SEGMENT_ID], char out[FRAME_HEAD]);
/* The id of the segment that begins at bytes; false when none does. */
bool segment_find(const char *bytes, uint64_t size, char out_id[SEGMENT_ID]);

/* "nono-blob-2 <id> <digest> <length>", padded the same. */
void frame_head(const char id[SEGMENT_ID], const char digest[SHA256_TEXT], uint64_t len,
                char out[FRAME_HEAD]);
/* From the beginning of a frame to that of the next. */
uint64_t frame_size(uint64_t len);

/* The segment's frame that begins at bytes, if one does that is whole: its body has the digest it
 * tells. */
struct frame {
    char digest[SHA256_TEXT];
    const char *body;
    uint64_t len;
};
bool frame_find(const char id[SEGMENT_ID], const char *bytes, uint64_t size, struct frame *out);
