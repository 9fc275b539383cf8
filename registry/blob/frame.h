/* A frame of the journal: a line of text in a block's first bytes, and the blob behind it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest/sha256.h"

#define FRAME_BLOCK ((uint64_t)512) /* frames begin at a multiple of it */
#define FRAME_HEAD  128

/* "nono-blob-1 <digest> <length>", padded with spaces to a line of FRAME_HEAD bytes. */
void frame_head(const char digest[SHA256_TEXT], uint64_t len, char out[FRAME_HEAD]);
/* From the beginning of a frame to that of the next. */
uint64_t frame_size(uint64_t len);

/* The frame that begins at bytes, if one does that is whole: its body has the digest it tells. */
struct frame {
    char digest[SHA256_TEXT];
    const char *body;
    uint64_t len;
};
bool frame_find(const char *bytes, uint64_t size, struct frame *out);
