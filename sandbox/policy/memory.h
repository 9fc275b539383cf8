/* Allocation that fails as a value: the library does not end its host. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"

static inline bool memory_none(struct error *err)
{
    errno = ENOMEM;
    return error_set_errno(err, "memory");
}

/* Room for one more behind count items. *items grows at 0, 4, 8, 16, ...; it may move. */
static inline bool memory_grow(void *items, size_t count, size_t size, struct error *err)
{
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!full)
        return true;
    void **slot = items;
    void *more = reallocarray(*slot, count ? 2 * count : 4, size);
    if (!more)
        return memory_none(err);
    *slot = more;
    return true;
}

static inline bool memory_copy(const char *text, char **out, struct error *err)
{
    char *copy = strdup(text);
    if (!copy)
        return memory_none(err);
    *out = copy;
    return true;
}
