/*
 * The download cache: archives by digest in $XDG_CACHE_HOME/nono/archives, and what is only half
 * there in partial. Everything in it may be deleted at any time. What is found is checked again.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct cache_slot {
    const char *folder; /* of the cache */
    const char *sha256;
    int fd;        /* open for reading, or for writing the rest */
    bool whole;    /* it is all there, and has the digest */
    bool has_name; /* false: somebody else is downloading it; this is a file without a name */
};

bool cache_open(const char *folder, const char *sha256, struct cache_slot *out, struct error *err)
    MUST_CHECK;
/* After the download: checks the digest, UNTRUSTED when it is another (and forgets the bytes). */
bool cache_finish(struct cache_slot *slot, struct error *err) MUST_CHECK;
void cache_close(struct cache_slot *slot);
