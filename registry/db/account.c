#include "registry/db/account.h"

#include "registry/db/db.h"

static const struct field account_fields[] = {
    I64(struct account, id, REQUIRED),
    TEXT(struct account, login, REQUIRED),
    TEXT(struct account, display_name, REQUIRED),
    TEXT(struct account, password_hash, REQUIRED),
    BOOL(struct account, is_admin, REQUIRED),
    BOOL(struct account, disabled, REQUIRED),
};
const struct record account_record = RECORD(struct account, "account", account_fields);

bool account_find(struct db *db, const char *login, struct arena *arena, struct account **out,
                  struct error *err)
{
    return db_fetch(db, QUERY(account_find, db_text(login)), &account_record, arena, (void **)out,
                    err);
}

bool account_get(struct db *db, int64_t id, struct arena *arena, struct account **out,
                 struct error *err)
{
    struct account *account;
    if (!db_fetch(db, QUERY(account_get, db_integer(id)), &account_record, arena, (void **)&account,
                  err))
        return false;
    if (!account)
        return error_set(err, NOT_FOUND, "no such account");
    *out = account;
    return true;
}
