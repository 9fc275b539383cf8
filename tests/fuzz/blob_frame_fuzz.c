/* USES registry/blob lib/digest */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "registry/blob/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A segment's beginning is written the same; the frame behind it lies within the bytes, has the
 * digest it tells, and is written the same; no other segment has it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;
    char id[SEGMENT_ID], head[FRAME_HEAD], digest[SHA256_TEXT];
    if (!segment_find((const char *)data, size, id))
        return 0;
    segment_head(id, head);
    assert(memcmp(head, data, FRAME_HEAD) == 0);
    data += FRAME_BLOCK;
    size -= FRAME_BLOCK;
    if (!frame_find(id, (const char *)data, size, &frame))
        return 0;
    assert(frame.body == (const char *)data + FRAME_HEAD && frame.len <= size - FRAME_HEAD);
    frame_head(id, frame.digest, frame.len, head);
    assert(memcmp(head, data, FRAME_HEAD) == 0);
    id[0] = id[0] == 'a' ? 'b' : 'a';
    assert(!frame_find(id, (const char *)data, size, &frame));
    sha256_hex(frame.body, (size_t)frame.len, digest);
    assert(strcmp(digest, frame.digest) == 0);
    return 0;
}
