/* USES sandbox/snapshot */
/* The last look at a folder, with the digest at its end made right: what is accepted is written
 * back as the same bytes. */
#include <assert.h>

#include "sandbox/snapshot/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    unsigned char digest[SHA256_BYTES];
    struct writer whole = { 0 }, again = { 0 };
    struct cache cache;
    sha256_of(data, size, digest);
    put_bytes(&whole, data, size);
    put_bytes(&whole, digest, sizeof(digest));
    if (cache_decode(whole.bytes, whole.len, arena, &cache)) {
        cache_encode(cache.root, cache.taken_ns, &again);
        assert(again.len == whole.len && memcmp(again.bytes, whole.bytes, again.len) == 0);
        whole.bytes[size / 2] ^= 1; /* and a flipped bit is noticed */
        assert(!cache_decode(whole.bytes, whole.len, arena, &cache));
    }
    writer_clear(&whole);
    writer_clear(&again);
    return 0;
}
