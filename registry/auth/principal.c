#include "registry/auth/principal.h"

#include "registry/db/db.h"

bool principal_hold(struct db *db, const struct principal *who, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *account, *proof;
    if (!db_fetch_json(db, QUERY(account_lock, db_integer(who->account_id)), arena, &account, NULL,
                       err) ||
        !db_fetch_json(db,
                       who->token_id ? QUERY(token_hold, db_text(who->token_id))
                                     : QUERY(session_hold, db_integer(who->session_id)),
                       arena, &proof, NULL, err))
        return false;
    if (!account) {
        error_set(err, UNAUTHORIZED, "the account was disabled just now");
        return error_hint(err, "an administrator can let it in again");
    }
    if (proof)
        return true;
    error_set(err, UNAUTHORIZED, "the %s has ended just now", who->token_id ? "token" : "session");
    return error_hint(err, "sign in again");
}
