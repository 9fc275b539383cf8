/* Who asks: an account, and what stands for it in this request. Plain data in the request's arena.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct db;

/* What a token may do. Bits, in the order of their names. A session may do all of it. */
enum scope {
    SCOPE_READ = 1,     /* private packs */
    SCOPE_PUBLISH = 2,  /* versions */
    SCOPE_YANK = 4,     /* yank, and what maintainers set */
    SCOPE_ORG = 8,      /* organisations, members, keys */
    SCOPE_ACCOUNT = 16, /* tokens */
    SCOPE_ALL = 31,
};

struct principal {
    int64_t account_id;
    const char *login;
    bool is_admin;
    unsigned scopes;                   /* enum scope; all of them for a session */
    int64_t session_id;                /* 0 when it came with a token */
    const char *csrf;                  /* of the session, or NULL */
    const char *token_id, *token_name; /* NULL when it came with a session */
    const char *token_scopes;          /* parted by spaces */
    const char *token_expires_at;      /* RFC 3339; NULL: never */
};

static inline bool principal_may(const struct principal *principal, enum scope scope)
{
    return principal && (principal->scopes & (unsigned)scope);
}

/* By the operator, at the machine: neither a session nor a token let them in, and none can end. */
static inline bool principal_is_operator(const struct principal *principal)
{
    return !principal->session_id && !principal->token_id;
}

/*
 * In a transaction: that the account and its session or token count still, and do until the end.
 * For what outlives them, as a new token, a role or a key does: a request that is under way while
 * its session is ended, by a new password say, leaves none. UNAUTHORIZED otherwise.
 */
bool principal_hold(struct db *db, const struct principal *who, struct error *err) MUST_CHECK;

/* Whose private packs the request may see: an account's id, or 0 for nobody. */
static inline int64_t principal_viewer(const struct principal *principal)
{
    return principal_may(principal, SCOPE_READ) ? principal->account_id : 0;
}
