#include "registry/auth/audit.h"

#include <string.h>

#include "lib/json/json.h"

struct query audit_query(const struct audit_event *event, struct arena *arena)
{
    const char *detail =
        event->detail ? json_print(event->detail, JSON_COMPACT_SORTED, arena) : "{}";
    const struct db_value values[] = { db_text(event->actor ? event->actor : "system"),
                                       db_text(event->action), db_text(event->subject),
                                       db_text(detail), db_text(event->ip ? event->ip : "") };
    struct db_value *kept = ARENA_ARRAY(arena, struct db_value, COUNT(values));
    memcpy(kept, values, sizeof(values));
    return (struct query){ SQL_audit_add, COUNT(values), kept };
}

bool audit_add(struct db *db, const struct audit_event *event, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    return db_execute(db, audit_query(event, arena), NULL, err) || error_prefix(err, "audit");
}
