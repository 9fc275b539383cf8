/*
 * The audit trail (migrations/0003_audit.sql): chained events of who did what. Written in the
 * transaction of the act, last in it, because writers wait for each other until it ends.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

struct db;

struct audit_event {
    const char *actor;        /* a login; NULL: "system" */
    const char *action;       /* "version.publish" */
    const char *subject;      /* "ns/name@version" */
    const struct doc *detail; /* a table, or NULL; never a secret */
    const char *ip;           /* NULL: "" */
};

bool audit_add(struct db *db, const struct audit_event *event, struct error *err) MUST_CHECK;
