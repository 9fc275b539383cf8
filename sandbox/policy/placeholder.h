/*
 * What stands at a denied path that does not exist, in a tree that may be written, for as long as a
 * program runs (sandbox/linux/placeholders.h makes them). It is no file of the user's: whoever
 * looks at a folder meanwhile passes over it, and whoever takes it away takes a mount's ground with
 * it.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* What no file of the user's has: empty, for its owner to read, and sticky. */
#define PLACEHOLDER_MODE (S_ISVTX | S_IRUSR)

/* Tells by the looks alone. Each run that stands on one holds a shared lock on it, flock(2). */
static inline bool placeholder_is(const struct stat *st)
{
    return S_ISREG(st->st_mode) && (st->st_mode & 07777) == PLACEHOLDER_MODE && st->st_size == 0;
}
