/* Numbers by chance that can be had again: xorshift from a seed, which a test prints when it fails.
 */
#pragma once

#include <stdint.h>

static uint64_t seed;

/* From 0 to below, which is not 0. */
static unsigned pick(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 11) % below;
}
