/*
 * Sessions of the web pages: a random cookie whose SHA-256 is stored, ending after a time unused
 * and after a time at all. Its CSRF value must come with every request that changes something.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "registry/auth/principal.h"
#include "registry/db/account.h"

struct db;

#define SESSION_COOKIE "nono_session"
#define SESSION_IDLE_S 604800  /* 7 days */
#define SESSION_LIFE_S 2592000 /* 30 days */
#define SESSION_TEXT   65      /* 256 bits in hex, and a NUL */

struct session {
    char cookie[SESSION_TEXT]; /* wipe when it was sent */
    char csrf[SESSION_TEXT];
};

/* For an account whose password was proved; UNAUTHORIZED when it is another by now. */
bool session_start(struct db *db, const struct account *account, const char *ip,
                   struct session *out, struct error *err) MUST_CHECK;
/* Who a cookie stands for; *out is NULL when its session is over or never was. */
bool session_find(struct db *db, const char *cookie, struct arena *arena, struct principal **out,
                  struct error *err) MUST_CHECK;
bool session_end(struct db *db, int64_t session_id, struct error *err) MUST_CHECK;

/* Removes what has run out: sessions, device logins, counters of attempts. */
bool auth_sweep(struct db *db, struct error *err) MUST_CHECK;
