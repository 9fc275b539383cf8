/*
 * A quality is from 0 to 1. A malformed member of the list, put first, does not
 * change what comes of the rest, and a coding that is put first is taken as it is put.
 */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "registry/http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *field = arena_strndup(arena, (const char *)data, size);
    unsigned found = accept_quality(field, "gzip");
    assert(found <= ACCEPT_MOST && accept_quality(field, "identity") <= ACCEPT_MOST);
    assert(accept_quality(arena_printf(arena, "gzip;q=x, %s", field), "gzip") == found);
    assert(accept_quality(arena_printf(arena, "gzip ;q=0.25,%s", field), "gzip") == 250);
    return 0;
}
