/*
 * The audit trail (migrations/0003_audit.sql): chained events of who did what. Written in the
 * transaction of the act, last in it, because writers wait for each other until it ends.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "registry/db/db.h"

struct audit_event {
    const char *actor;        /* a login; NULL: "system" */
    const char *action;       /* "version.publish" */
    const char *subject;      /* "ns/name@version" */
    const struct doc *detail; /* a table, or NULL; never a secret */
    const char *ip;           /* NULL: "" */
};

/* Its statement, in arena: for those who run it together with others (db_run). */
struct query audit_query(const struct audit_event *event, struct arena *arena);

bool audit_add(struct db *db, const struct audit_event *event, struct error *err) MUST_CHECK;
