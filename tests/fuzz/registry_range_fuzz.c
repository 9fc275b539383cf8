/*
 * A range that counts lies inside the size; an entity tag that is exact is also listed, and one
 * that matches strongly does so weakly.
 */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "registry/http/conditional.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *field = arena_strndup(arena, (const char *)data + 1, size - 1);
    static const uint64_t sizes[] = { 0, 1, 100, UINT64_MAX };
    uint64_t whole = sizes[data[0] % 4], first, last;
    if (range_read(field, whole, &first, &last) == RANGE_PART)
        assert(first <= last && last < whole);
    if (etag_is(field, "abc"))
        assert(etag_listed(field, "abc"));
    struct conditions conditions = { .etag = "abc" };
    conditions_field(&conditions, "If-Match", field);
    conditions_field(&conditions, "If-None-Match", field);
    assert(conditions.must_match && (conditions.known || !conditions.matches));
    return 0;
}
