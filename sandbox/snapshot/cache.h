/*
 * The last look at a folder: what every file was, so that the next look reads only what changed.
 * Of use to this machine alone, and disposable: a cache that is damaged or of another version is as
 * if there were none.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "sandbox/snapshot/bytes.h"
#include "sandbox/snapshot/node.h"

struct cache {
    struct node *root; /* NULL: there is none */
    int64_t taken_ns;
};

void cache_encode(const struct node *root, int64_t taken_ns, struct writer *out);
/* False for anything that cache_encode would not have written. Names are in arena. */
bool cache_decode(const void *bytes, size_t len, struct arena *arena, struct cache *out) MUST_CHECK;

/* From and to DIR/stat. Reading never fails; a failure to write is no failure of what was done. */
void cache_read(int dir, struct arena *arena, struct cache *out);
void cache_write(int dir, const struct node *root, int64_t taken_ns);
