/*
 * The chunked transfer coding (RFC 9112 section 7.1), undone piece by piece. Sizes are plain
 * hexadecimal below 2^53; extensions and trailers are checked for form, bounded, and dropped.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CHUNKED_LINE_MAX    ((size_t)256)      /* a size with its extension */
#define CHUNKED_TRAILER_MAX ((size_t)8 * 1024) /* all trailers together */

struct chunked {
    int state; /* all zero at first */
    uint64_t left;
    size_t line_len;
};

enum chunked_result {
    CHUNKED_MORE, /* all bytes were framing and are used; give more */
    CHUNKED_DATA, /* after *skip bytes of framing come *data bytes of the body */
    CHUNKED_END,  /* after *skip bytes of framing the message is over */
    CHUNKED_BAD,
};

/*
 * Looks at the next bytes of the stream. For CHUNKED_MORE, *skip is len. The caller drops *skip
 * bytes, takes *data, and calls again.
 */
enum chunked_result chunked_step(struct chunked *chunked, const char *bytes, size_t len,
                                 size_t *skip, size_t *data);
