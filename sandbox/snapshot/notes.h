/* Sentences for the user about single entries; a bounded number of them. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

static inline struct list notes_new(struct arena *arena)
{
    return (struct list){ ARENA_ARRAY(arena, const char *, LIMIT_SNAPSHOT_NOTES), 0 };
}

static inline void notes_add(struct list *notes, struct arena *arena, const char *path,
                             const char *what)
{
    if (notes->count < LIMIT_SNAPSHOT_NOTES)
        *LIST_AT(*notes, const char *, notes->count++) = arena_printf(arena, "%s: %s", path, what);
}
