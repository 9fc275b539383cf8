#include "registry/auth/session.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/digest/sha256.h"
#include "registry/db/db.h"

bool session_start(struct db *db, const struct account *account, const char *ip,
                   struct session *out, struct error *err)
{
    char digest[SHA256_TEXT];
    uint64_t rows;
    random_hex(out->cookie, SESSION_TEXT - 1);
    random_hex(out->csrf, SESSION_TEXT - 1);
    sha256_hex(out->cookie, SESSION_TEXT - 1, digest);
    if (!db_execute(db,
                    QUERY(session_add, db_text(digest), db_integer(account->id),
                          db_text(account->password_hash), db_text(out->csrf), db_text(ip),
                          db_integer(SESSION_LIFE_S)),
                    &rows, err))
        return false;
    return rows == 1 || error_set(err, UNAUTHORIZED, "the password was changed just now");
}

struct session_row {
    int64_t id, account_id;
    const char *csrf, *login;
    bool is_admin, stale;
};

static const struct field session_row_fields[] = {
    I64(struct session_row, id, REQUIRED),        I64(struct session_row, account_id, REQUIRED),
    TEXT(struct session_row, csrf, REQUIRED),     TEXT(struct session_row, login, REQUIRED),
    BOOL(struct session_row, is_admin, REQUIRED), BOOL(struct session_row, stale, REQUIRED),
};
static const struct record session_row_record =
    RECORD(struct session_row, "session", session_row_fields);

bool session_find(struct db *db, const char *cookie, struct arena *arena, struct principal **out,
                  struct error *err)
{
    *out = NULL;
    if (strlen(cookie) != SESSION_TEXT - 1)
        return true;

    char digest[SHA256_TEXT];
    struct session_row *row;
    sha256_hex(cookie, SESSION_TEXT - 1, digest);
    if (!db_fetch(db, QUERY(session_find, db_text(digest), db_integer(SESSION_IDLE_S)),
                  &session_row_record, arena, (void **)&row, err))
        return false;
    if (!row)
        return true;
    if (row->stale && !db_execute(db, QUERY(session_touch, db_integer(row->id)), NULL, err))
        return false;

    struct principal *principal = ARENA_NEW(arena, struct principal);
    *principal = (struct principal){ .account_id = row->account_id,
                                     .login = row->login,
                                     .is_admin = row->is_admin,
                                     .scopes = SCOPE_ALL,
                                     .session_id = row->id,
                                     .csrf = row->csrf };
    *out = principal;
    return true;
}

bool session_end(struct db *db, int64_t session_id, struct error *err)
{
    return db_execute(db, QUERY(session_delete, db_integer(session_id)), NULL, err);
}

bool auth_sweep(struct db *db, struct error *err)
{
    return db_execute(db, QUERY(session_sweep, db_integer(SESSION_IDLE_S)), NULL, err) &&
           db_execute(db, QUERY(device_sweep), NULL, err) &&
           db_execute(db, QUERY(rate_sweep), NULL, err);
}
