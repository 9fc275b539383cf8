/* Organisations, and what an account is in them. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct db;

/* Each may do what the one before may. */
enum role { ROLE_NONE, ROLE_READER, ROLE_PUBLISHER, ROLE_MAINTAINER, ROLE_OWNER };
extern const char *const role_names[]; /* "", "reader", ...; NULL-terminated */

struct organisation {
    int64_t id;
    const char *name;
    int role; /* enum role: of the account that asked */
};

extern const struct record organisation_record;

/* The organisation of exactly that name; account_id 0: nobody. *out is NULL when there is none. */
bool organisation_find(struct db *db, const char *name, int64_t account_id, struct arena *arena,
                       struct organisation **out, struct error *err) MUST_CHECK;

struct signing_key {
    const char *key_id;
    const char *name;
    const char *public_key; /* PEM */
    bool revoked;
};
extern const struct record signing_key_record;
