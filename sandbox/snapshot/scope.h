/* What of a folder is neither taken nor touched: patterns of the user, and nono's own folders. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct scope {
    struct list patterns; /* const char * */
    struct list never;    /* const char *, relative to the folder */
};

/*
 * folder is absolute and without links. never may be NULL; of its paths, those in the folder count,
 * also when they do not exist yet. INVALID when the folder is one of them or in one, and for a
 * pattern that cannot match.
 */
bool scope_make(const char *folder, struct list patterns, const char *const *never,
                struct arena *arena, struct scope *out, struct error *err) MUST_CHECK;

/* A relative path, and its last component. A pattern with a slash is for the whole path
 * (text_glob), one without for a name anywhere. What a killed restore left is never skipped. */
bool scope_skips(const struct scope *scope, const char *path, const char *name);
