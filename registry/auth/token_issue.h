/* Tokens as their owners make and revoke them; both are audited. */
#pragma once

#include "registry/auth/token.h"

#define TOKEN_DAYS_MAX 3650

struct token_issue {
    const char *name;
    const struct list *scopes; /* of const char * */
    int64_t expires_in_days;   /* 0: never */
    const char *ip;
};

/*
 * A token gives no more than its maker has: one that was made with a token has a part of that
 * token's scopes, expires with it at the latest and is revoked with it. text is shown once and
 * wiped; *document describes it.
 */
bool token_issue(struct db *db, const struct principal *who, const struct token_issue *request,
                 struct arena *arena, char text[TOKEN_TEXT], const char **document,
                 struct error *err) MUST_CHECK;

/* NOT_FOUND when the account has no such token that still counts. */
bool token_revoke(struct db *db, const struct principal *who, const char *id, const char *ip,
                  struct error *err) MUST_CHECK;
