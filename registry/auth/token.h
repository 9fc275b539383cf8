/*
 * API tokens: nono_, 36 characters of base 62 (214 bits of randomness), and the CRC-32 of all that
 * in six more, so that a secret scanner can tell one from noise without asking anyone. A token is
 * shown once; the database has its SHA-256, which is enough for a secret that cannot be guessed.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "lib/digest/sha256.h"
#include "registry/auth/principal.h"

struct db;

#define TOKEN_PREFIX "nono_"
#define TOKEN_TEXT   (5 + 36 + 6 + 1)

void token_make(char out[TOKEN_TEXT]);
/* Whether a text has the form and the checksum of a token. */
bool token_check(const char *text);

/* Scopes by name, parted by single spaces. INVALID names the one that is unknown. */
bool scopes_parse(const char *text, unsigned *out, struct error *err) MUST_CHECK;
/* The same for a list, where each may stand once and there must be one. */
bool scopes_of_list(const struct list *names, unsigned *out, struct error *err) MUST_CHECK;
const char *scopes_print(unsigned scopes, struct arena *arena);
/* The scope of one name, or 0. */
unsigned scope_find(const char *name);

struct token_request {
    int64_t account_id;
    const char *name;
    unsigned scopes;
    int64_t expires_in_s;  /* 0: never */
    const char *made_with; /* id of another token, which it does not outlive; or NULL */
};

/* Stores a new token. text receives it, to be shown once and wiped; *document describes it. */
bool token_create(struct db *db, const struct token_request *request, struct arena *arena,
                  char text[TOKEN_TEXT], const char **document, struct error *err) MUST_CHECK;

/* Who a token stands for; *out is NULL when it is none of ours, expired or revoked. */
bool token_find(struct db *db, const char *text, struct arena *arena, struct principal **out,
                struct error *err) MUST_CHECK;
