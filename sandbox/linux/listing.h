/*
 * What a folder has not: one reading of it in place of a look-up for each of many names, most of
 * which are not there. What may be there has to be looked up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LISTING_BITS 1024

/* A bit for each name that was read, as in a Bloom filter with one hash. */
struct listing {
    uint64_t bits[LISTING_BITS / 64];
};

/*
 * False: nothing is known. It may not be read, has too many entries, or is of a kind that can have
 * more names than it lists. dir may be O_PATH.
 */
bool listing_read(struct listing *listing, int dir);
/* As of when it was read; false for what may be there. */
bool listing_lacks(const struct listing *listing, const char *name);
