/* Whether what is installed is what the lock file says, byte for byte. */
#pragma once

#include "client/store/store.h"

/*
 * Checks every file of an installed pack against the lock file: UNTRUSTED, naming the first
 * that is changed, missing, not a regular file, or there without being locked (compiled Python and
 * the like count too). NOT_FOUND when the pack is not installed. Reads every byte: about a
 * millisecond a megabyte. What is checked can be changed right after: read profiles by
 * store_read_checked.
 */
bool store_verify(const struct store *store, const char *namespace, const char *name,
                  struct error *err) MUST_CHECK;

/*
 * A locked file of an installed pack, as bytes that match the lock file, read once. Fails as
 * store_verify; NOT_FOUND when the pack has no such file.
 */
bool store_read_checked(const struct store *store, const struct lock_pack *pack, const char *path,
                        struct arena *arena, const char **out, size_t *out_len, struct error *err)
    MUST_CHECK;
