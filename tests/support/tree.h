/* Folders of a test: made from a table, changed, and compared to the last bit. */
#pragma once

#include <stddef.h>

#include "lib/base/arena.h"

/* What a path is to be. Kinds: 'f' file, 'd' folder, 'l' link (text is its target), 'p' fifo. */
struct tree_item {
    char kind;
    const char *path, *text;
    unsigned mode; /* 0: 0644, 0755 */
};

/* Makes one thing, or makes it anew; folders around it must be there. Times are the same always. */
void tree_put(const char *folder, const struct tree_item *item);
void tree_make(const char *folder, const struct tree_item *items, size_t count);
void tree_drop(const char *folder, const char *path);

/* A line for each entry: kind, permissions, time, size, digest or target, path. In arena. */
const char *tree_print(const char *folder, struct arena *arena);
