/* USES registry/blob lib/digest */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "registry/blob/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A frame that is found lies within the bytes, has the digest it tells, and is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;
    char head[FRAME_HEAD], digest[SHA256_TEXT];
    if (!frame_find((const char *)data, size, &frame))
        return 0;
    assert(frame.body == (const char *)data + FRAME_HEAD && frame.len <= size - FRAME_HEAD);
    frame_head(frame.digest, frame.len, head);
    assert(memcmp(head, data, FRAME_HEAD) == 0);
    sha256_hex(frame.body, (size_t)frame.len, digest);
    assert(strcmp(digest, frame.digest) == 0);
    return 0;
}
