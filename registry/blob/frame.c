#include "registry/blob/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK     "nono-blob-1 "
#define MARK_LEN (sizeof(MARK) - 1)

void frame_head(const char digest[SHA256_TEXT], uint64_t len, char out[FRAME_HEAD])
{
    char line[FRAME_HEAD];
    int used = snprintf(line, sizeof(line), MARK "%s %llu", digest, (unsigned long long)len);
    memset(out, ' ', FRAME_HEAD);
    memcpy(out, line, (size_t)used);
    out[FRAME_HEAD - 1] = '\n';
}

uint64_t frame_size(uint64_t len)
{
    return (FRAME_HEAD + len + FRAME_BLOCK - 1) / FRAME_BLOCK * FRAME_BLOCK;
}

bool frame_find(const char *bytes, uint64_t size, struct frame *out)
{
    char line[FRAME_HEAD + 1], *end, again[FRAME_HEAD], actual[SHA256_TEXT];
    struct frame frame;
    if (size < FRAME_HEAD || memcmp(bytes, MARK, MARK_LEN) != 0)
        return false;
    memcpy(line, bytes, FRAME_HEAD);
    line[FRAME_HEAD] = '\0';
    memcpy(frame.digest, line + MARK_LEN, SHA256_TEXT - 1);
    frame.digest[SHA256_TEXT - 1] = '\0';
    frame.len = strtoull(line + MARK_LEN + SHA256_TEXT, &end, 10);
    frame.body = bytes + FRAME_HEAD;
    if (!sha256_is_text(frame.digest) || frame.len > size - FRAME_HEAD)
        return false;
    frame_head(frame.digest, frame.len, again);
    if (memcmp(again, bytes, FRAME_HEAD) != 0)
        return false;
    sha256_hex(frame.body, (size_t)frame.len, actual);
    if (strcmp(actual, frame.digest) != 0)
        return false;
    *out = frame;
    return true;
}
