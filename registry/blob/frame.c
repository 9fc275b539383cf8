#include "registry/blob/frame.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_MARK "nono-journal-2 "
#define SEGMENT_LEN  (sizeof(SEGMENT_MARK) - 1)
#define MARK         "nono-blob-2 "
#define DIGEST_AT    (sizeof(MARK) - 1 + SEGMENT_ID)
#define LEN_AT       (DIGEST_AT + SHA256_TEXT)

/* used is what snprintf said: the digits of a length that a file can have leave room. */
static void line_pad(const char *line, int used, char out[FRAME_HEAD])
{
    assert(used > 0 && used < FRAME_HEAD);
    memset(out, ' ', FRAME_HEAD);
    memcpy(out, line, (size_t)used);
    out[FRAME_HEAD - 1] = '\n';
}

void segment_head(const char id[SEGMENT_ID], char out[FRAME_HEAD])
{
    char line[FRAME_HEAD];
    line_pad(line, snprintf(line, sizeof(line), SEGMENT_MARK "%s", id), out);
}

bool segment_find(const char *bytes, uint64_t size, char out_id[SEGMENT_ID])
{
    char id[SEGMENT_ID], again[FRAME_HEAD];
    if (size < FRAME_BLOCK || memcmp(bytes, SEGMENT_MARK, SEGMENT_LEN) != 0)
        return false;
    memcpy(id, bytes + SEGMENT_LEN, SEGMENT_ID - 1);
    id[SEGMENT_ID - 1] = '\0';
    if (strspn(id, "0123456789abcdef") != SEGMENT_ID - 1)
        return false;
    segment_head(id, again);
    if (memcmp(again, bytes, FRAME_HEAD) != 0)
        return false;
    memcpy(out_id, id, SEGMENT_ID);
    return true;
}

void frame_head(const char id[SEGMENT_ID], const char digest[SHA256_TEXT], uint64_t len,
                char out[FRAME_HEAD])
{
    char line[FRAME_HEAD];
    int used = snprintf(line, sizeof(line), MARK "%s %s %llu", id, digest, (unsigned long long)len);
    line_pad(line, used, out);
}

uint64_t frame_size(uint64_t len)
{
    return (FRAME_HEAD + len + FRAME_BLOCK - 1) / FRAME_BLOCK * FRAME_BLOCK;
}

bool frame_find(const char id[SEGMENT_ID], const char *bytes, uint64_t size, struct frame *out)
{
    char line[FRAME_HEAD + 1], *end, again[FRAME_HEAD], actual[SHA256_TEXT];
    struct frame frame;
    if (size < FRAME_HEAD || memcmp(bytes, MARK, sizeof(MARK) - 1) != 0)
        return false;
    memcpy(line, bytes, FRAME_HEAD);
    line[FRAME_HEAD] = '\0';
    memcpy(frame.digest, line + DIGEST_AT, SHA256_TEXT - 1);
    frame.digest[SHA256_TEXT - 1] = '\0';
    frame.len = strtoull(line + LEN_AT, &end, 10);
    frame.body = bytes + FRAME_HEAD;
    if (!sha256_is_text(frame.digest) || frame.len > size - FRAME_HEAD)
        return false;
    frame_head(id, frame.digest, frame.len, again);
    if (memcmp(again, bytes, FRAME_HEAD) != 0)
        return false;
    sha256_hex(frame.body, (size_t)frame.len, actual);
    if (strcmp(actual, frame.digest) != 0)
        return false;
    *out = frame;
    return true;
}
