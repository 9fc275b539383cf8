/* Limits on attempts, counted in the database: every node sees the same count. */
#pragma once

#include <stdint.h>

#include "lib/base/error.h"

struct db;

#define QUARTER_S 900 /* a quarter of an hour */

struct limit {
    const char *name; /* what is counted: "sign-in" */
    int64_t most;     /* attempts */
    int64_t window_s; /* in so long a time */
};

/*
 * Counts one attempt of who (a login, an address). RATE_LIMITED, with the wait in err->hint, when
 * there were too many; those count too. *out_wait_s, which may be NULL, is then the wait.
 */
bool limit_take(struct db *db, const struct limit *limit, const char *who, int64_t *out_wait_s,
                struct error *err) MUST_CHECK;
/* Takes one attempt back: it was none of those that are limited. */
bool limit_return(struct db *db, const struct limit *limit, const char *who, struct error *err)
    MUST_CHECK;
/* Forgets what was counted. */
bool limit_forget(struct db *db, const struct limit *limit, const char *who, struct error *err)
    MUST_CHECK;
