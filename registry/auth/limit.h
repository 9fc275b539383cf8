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
 * What an address counts as: itself, or of IPv6 its /64, since whoever has one address there has
 * them all.
 */
#define LIMIT_ADDRESS_TEXT 64
void limit_address(const char *ip, char out[LIMIT_ADDRESS_TEXT]);

/*
 * Counts one attempt of who (a login, an address). RATE_LIMITED, with the wait in err->retry_s,
 * when there were too many; those count too. *out_wait_s, which may be NULL, is then the wait.
 */
bool limit_take(struct db *db, const struct limit *limit, const char *who, int64_t *out_wait_s,
                struct error *err) MUST_CHECK;
/* Takes one attempt back: it was none of those that are limited. */
bool limit_return(struct db *db, const struct limit *limit, const char *who, struct error *err)
    MUST_CHECK;
/* Forgets what was counted. */
bool limit_forget(struct db *db, const struct limit *limit, const char *who, struct error *err)
    MUST_CHECK;
