/* Allocation that fails as a value: the library does not end its host. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

static inline bool memory_none(struct error *err)
{
    errno = ENOMEM;
    return error_set_errno(err, "memory");
}

/* Room for one more behind count items. *items moves at 0, `first`, which is a power of two, and
 * then where it is full again, having doubled. */
static inline bool memory_grow_from(struct arena *arena, size_t first, void *items, size_t count,
                                    size_t size, struct error *err)
{
    bool full = count == 0 || (count >= first && (count & (count - 1)) == 0);
    if (!full)
        return true;
    void **slot = items;
    void *more = arena_try_alloc(arena, count ? 2 * count : first, size);
    if (!more)
        return memory_none(err);
    if (count)
        memcpy(more, *slot, count * size);
    *slot = more;
    return true;
}

static inline bool memory_grow(struct arena *arena, void *items, size_t count, size_t size,
                               struct error *err)
{
    return memory_grow_from(arena, 8, items, count, size, err);
}

/* What there are usually dozens of is not copied at every power of two. */
static inline bool memory_grow_many(struct arena *arena, void *items, size_t count, size_t size,
                                    struct error *err)
{
    return memory_grow_from(arena, 64, items, count, size, err);
}

/* The first len bytes of text. */
static inline bool memory_copy(struct arena *arena, const char *text, size_t len, char **out,
                               struct error *err)
{
    char *copy = arena_try_alloc(arena, len + 1, 1);
    if (!copy)
        return memory_none(err);
    *out = memcpy(copy, text, len);
    return true;
}
