/* Accounts in the database. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct db;

struct account {
    int64_t id;
    const char *login;
    const char *display_name;
    const char *password_hash;
    bool is_admin;
    bool disabled;
};

extern const struct record account_record;

/* By login, in any case and with any of ._- between its words; *out is NULL when there is none. */
bool account_find(struct db *db, const char *login, struct arena *arena, struct account **out,
                  struct error *err) MUST_CHECK;
bool account_get(struct db *db, int64_t id, struct arena *arena, struct account **out,
                 struct error *err) MUST_CHECK;
