/* What the files of registry/db share. */
#pragma once

#include <libpq-fe.h>

#include "registry/db/db.h"

DEFINE_CLEANUP(PGresult *, PQclear)

struct db {
    PGconn *conn;
    bool prepared[DB_STATEMENT_COUNT]; /* on this connection; each at its first use */
    bool in_transaction;               /* of db_transact */
    bool begins;                       /* what opens it has not been sent yet */
    enum db_statement begin;           /* what that is */
    bool committed;                    /* by db_run_last */
    bool undo;                         /* by db_undo */
    bool broken;                       /* its protocol is out of step: as good as lost */
    bool listening;                    /* by db_listen, on this very connection */
    bool retry;                        /* the last failure was of serialisation, or a deadlock */
    struct running *running;           /* from db_run_start to db_run_wait; or NULL */
};

/* What a libpq parameter list is made of; texts are in arena, or lent. */
struct parameters {
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
};
void db_parameters(const struct query *query, struct arena *arena, struct parameters *out);
/* Rows as their record says: the first, or NULL; and all of them. */
bool db_row_first(const PGresult *result, const struct record *record, struct arena *arena,
                  void **out, struct error *err) MUST_CHECK;
bool db_rows_all(const PGresult *result, const struct record *record, struct arena *arena,
                 struct list *out, struct error *err) MUST_CHECK;

/*
 * Statements in one round trip, with the BEGIN that is due and, when commit is set, a COMMIT. A
 * failure is of the first that failed, prefixed with its name; those behind it did not run. results
 * has count places, and every one is the caller's to clear, or NULL.
 */
bool db_pipeline(struct db *db, const struct query *const *queries, size_t count, bool commit,
                 PGresult **results, struct error *err) MUST_CHECK;

/* Takes the results of what was started, and leaves them aside. */
void db_run_drop(struct db *db);

/* By a connection string; PQstatus tells whether there is one. */
PGconn *db_connect(const char *url);
/* Makes a lost connection again. */
bool db_reconnect(struct db *db, struct error *err) MUST_CHECK;
bool db_result_check(struct db *db, const PGresult *result, struct error *err) MUST_CHECK;
bool db_connection_fault(struct db *db, struct error *err);
const char *db_statement_name(enum db_statement statement);
const char *db_statement_text(enum db_statement statement);
