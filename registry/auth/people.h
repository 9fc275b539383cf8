/*
 * Accounts: making them, their passwords, and sign-in. Passwords are kept as Argon2id (password.h).
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "registry/auth/principal.h"
#include "registry/db/account.h"

struct db;

struct account_request {
    const char *login;
    const char *display_name; /* NULL: the login */
    const char *password;
    bool is_admin;
    const struct principal *by; /* has to count still, and is audited; NULL: "system" */
    const char *ip;             /* NULL: "" */
};

/* CONFLICT when the login is taken, INVALID with err->field for what may not be. */
bool people_add(struct db *db, const struct account_request *request, struct arena *arena,
                struct account **out, struct error *err) MUST_CHECK;

/*
 * The first administrator, "admin", with a random password, when there is no account at all;
 * *out_password is NULL when there is one already. To be shown once and wiped.
 */
#define PEOPLE_FIRST_LOGIN "admin"
bool people_bootstrap(struct db *db, struct arena *arena, char **out_password, struct error *err)
    MUST_CHECK;

/*
 * Sets a password, ends every session of the account but keep_session, in which its owner does
 * that, and takes back the device logins that it approved and nobody has redeemed. 0: all sessions,
 * and it is done at the machine. Tokens are no part of a password: they go when that is asked for.
 * UNAUTHORIZED when the account's password is another than account says by now.
 */
struct password_change {
    const struct account *account;
    const char *password;
    int64_t keep_session;
    bool revoke_tokens;
    const char *ip; /* for the audit trail, or NULL */
};
struct password_changed {
    uint64_t sessions_ended, devices_denied, tokens_revoked;
    int64_t tokens_left;
};
bool people_set_password(struct db *db, const struct password_change *change,
                         struct password_changed *out, struct error *err) MUST_CHECK;
/* An account that is disabled cannot sign in, and its tokens and sessions count for nothing. */
bool people_set_disabled(struct db *db, const struct account *account, bool disabled,
                         struct error *err) MUST_CHECK;

/*
 * Sign-in by password. UNAUTHORIZED says the same for an unknown login, a wrong password and a
 * disabled account, after the same work; RATE_LIMITED after too many failures of the login or the
 * address.
 */
struct sign_in {
    const char *login, *password, *ip;
};
bool people_sign_in(struct db *db, const struct sign_in *request, struct arena *arena,
                    struct account **out, struct error *err) MUST_CHECK;
