/* The relative path of the entry at hand, while a tree is walked. */
#pragma once

#include "lib/base/error.h"
#include "lib/base/limits.h"
#include "sandbox/snapshot/node.h"

struct path {
    /* "" for the folder itself; with room for what lies one name beyond the limit, which a restore
     * finds there and removes */
    char text[LIMIT_SNAPSHOT_PATH_BYTES + NODE_NAME_MAX + 1];
    size_t len;
};

/* Goes to a child; *before brings path_pop back. TOO_LARGE when there is no room. */
bool path_push(struct path *path, const struct node *node, size_t *before, struct error *err)
    MUST_CHECK;
void path_pop(struct path *path, size_t before);
