/* The table of every key that a profile may have: validation, merging and messages follow it. */
#pragma once

#include "lib/profile/resolver.h"

struct profile_key {
    const char *path; /* "filesystem.read"; what is before the last point is a section */
    profile_apply *apply;
    unsigned arg;
    unsigned original_arg; /* in the original's dialect, where it differs; 0: the same */
    const char *extra; /* of an old name today's, of an unheld key the value that asks nothing */
};

/* The names of an enumeration, NULL-terminated. */
const char *const *profile_key_names(const char *path);
/* The one value of an unheld key that asks for nothing, or NULL. */
const char *profile_key_harmless(const char *path);
