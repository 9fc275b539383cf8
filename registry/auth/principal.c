#include "registry/auth/principal.h"

#include "registry/db/db.h"

bool principal_hold(struct db *db, const struct principal *who, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *found;
    if (!db_fetch_json(db,
                       who->token_id ? QUERY(token_hold, db_text(who->token_id))
                                     : QUERY(session_hold, db_integer(who->session_id)),
                       arena, &found, NULL, err))
        return false;
    if (found)
        return true;
    error_set(err, UNAUTHORIZED, "the %s has ended just now", who->token_id ? "token" : "session");
    return error_hint(err, "sign in again");
}
