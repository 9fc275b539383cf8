#include "registry/auth/audit.h"

#include "lib/json/json.h"
#include "registry/db/db.h"

bool audit_add(struct db *db, const struct audit_event *event, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *detail =
        event->detail ? json_print(event->detail, JSON_COMPACT_SORTED, arena) : "{}";
    if (!db_execute(db,
                    QUERY(audit_add, db_text(event->actor ? event->actor : "system"),
                          db_text(event->action), db_text(event->subject), db_text(detail),
                          db_text(event->ip ? event->ip : "")),
                    NULL, err))
        return error_prefix(err, "audit");
    return true;
}
