/* What the files of registry/db share. */
#pragma once

#include <libpq-fe.h>

#include "registry/db/db.h"

DEFINE_CLEANUP(PGresult *, PQclear)

struct db {
    PGconn *conn;
    bool prepared;       /* statements are made again after a reconnect */
    bool in_transaction; /* of db_transact */
    bool retry;          /* the last failure was of serialisation, or a deadlock */
};

/* Makes a lost connection again. */
bool db_reconnect(struct db *db, struct error *err) MUST_CHECK;
bool db_result_check(struct db *db, const PGresult *result, struct error *err) MUST_CHECK;
const char *db_statement_name(enum db_statement statement);
