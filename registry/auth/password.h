/*
 * Passwords: Argon2id (RFC 9106) in its encoded form. The cost is chosen so that a sign-in takes
 * tens of milliseconds and no more memory than the server's own; at most PASSWORD_AT_ONCE are
 * computed at a time, so that a flood of sign-ins waits instead of filling memory.
 */
#pragma once

#include "lib/base/error.h"

#define PASSWORD_PASSES     2
#define PASSWORD_MEMORY_KIB 19456
#define PASSWORD_LANES      1
#define PASSWORD_AT_ONCE    2
#define PASSWORD_MIN_CHARS  10
#define PASSWORD_MAX_CHARS  256
#define PASSWORD_HASH_MAX   128

/* INVALID with err->field "password" for one that is too short, too long or is the login. */
bool password_check(const char *password, const char *login, struct error *err) MUST_CHECK;

bool password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct error *err) MUST_CHECK;

/* hash NULL does the same work and is false: an unknown login may not answer sooner. */
bool password_verify(const char *hash, const char *password);
