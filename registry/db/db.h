/*
 * One PostgreSQL connection and the statements prepared on it. The only module that knows libpq.
 * A connection belongs to one thread at a time. Lost, it is made again at the next statement
 * outside a transaction; a statement that was under way fails with UNAVAILABLE.
 *
 * A statement is a file of registry/db/sql/, named by its file; its parameters are typed values:
 *
 *     db_fetch(db, QUERY(package_find, db_text(ns), db_text(name)), &package_record, arena, &out,
 * err)
 *
 * Failures: CONFLICT for a unique or exclusion constraint, INVALID for other constraints and
 * malformed values (a registry's own check should have come first), UNAVAILABLE for a database that
 * cannot be reached or is out of room, INTERNAL for the rest. For constraints err->field is the
 * constraint's name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

struct db;

enum db_statement {
#define SQL(name, text) SQL_##name,
#include "sql_statements.def" /* generated from registry/db/sql/ */
#undef SQL
    DB_STATEMENT_COUNT,
};

/* url is a libpq connection string or postgresql:// address. */
bool db_url_check(const char *url, struct error *err) MUST_CHECK; /* quotes nothing of it */
/* Does not prepare anything. */
bool db_open(const char *url, struct db **out, struct error *err) MUST_CHECK;
void db_close(struct db *db);
DEFINE_CLEANUP(struct db *, db_close)

/*
 * Prepares every statement, so that a bad one stops the program at start. Needs the schema. Without
 * it each is prepared with its first use, which costs no round trip of its own.
 */
bool db_prepare(struct db *db, struct error *err) MUST_CHECK;

/* One parameter. Text and bytes are lent until the statement has run. */
struct db_value {
    enum { DB_NULL, DB_TEXT, DB_INTEGER, DB_BOOL, DB_BYTES, DB_TEXTS } kind;
    union {
        const char *text;
        int64_t integer;
        bool boolean;
        struct {
            const void *bytes;
            size_t len;
        };
        struct list texts;
    };
};

static inline struct db_value db_null(void)
{
    return (struct db_value){ .kind = DB_NULL };
}

/* text, json and jsonb, uuid, enumerations ...; NULL is SQL NULL. */
static inline struct db_value db_text(const char *text)
{
    return (struct db_value){ .kind = text ? DB_TEXT : DB_NULL, .text = text };
}

static inline struct db_value db_integer(int64_t integer)
{
    return (struct db_value){ .kind = DB_INTEGER, .integer = integer };
}

static inline struct db_value db_bool(bool boolean)
{
    return (struct db_value){ .kind = DB_BOOL, .boolean = boolean };
}

/* bytea; NULL is SQL NULL. */
static inline struct db_value db_bytes(const void *bytes, size_t len)
{
    return (struct db_value){ .kind = bytes ? DB_BYTES : DB_NULL, .bytes = bytes, .len = len };
}

/* text[]: a list of const char *. */
static inline struct db_value db_texts(struct list texts)
{
    return (struct db_value){ .kind = DB_TEXTS, .texts = texts };
}

/* timestamptz, from microseconds since the epoch; 0 is SQL NULL. text is room for the value. */
struct db_value db_time(int64_t time_us, char text[32]);

#define DB_PARAMS_MAX 32

struct query {
    enum db_statement statement;
    size_t count;
    const struct db_value *values;
};

#define QUERY_VALUES(...) \
    ((const struct db_value[]){ __VA_ARGS__ __VA_OPT__(, ){ .kind = DB_NULL } })
#define QUERY(name, ...) \
    ((struct query){ SQL_##name, COUNT(QUERY_VALUES(__VA_ARGS__)) - 1, QUERY_VALUES(__VA_ARGS__) })

/*
 * Rows become records: a column goes to the field of its name. TEXT takes any column (bytea as
 * \x...), TIME timestamptz, TEXTS text[], ENUM a name of its list, U64, I64 and BOOL theirs.
 */

/* At most one row, in arena; *out is NULL when there is none. */
bool db_fetch(struct db *db, struct query query, const struct record *record, struct arena *arena,
              void **out, struct error *err) MUST_CHECK;
/* All rows: a list of structs. */
bool db_fetch_all(struct db *db, struct query query, const struct record *record,
                  struct arena *arena, struct list *out, struct error *err) MUST_CHECK;
/* The first column of the only row as text: a document that PostgreSQL shaped. NULL when there is
 * no row or it is null. len may be NULL. */
bool db_fetch_json(struct db *db, struct query query, struct arena *arena, const char **out,
                   size_t *len, struct error *err) MUST_CHECK;
/* The first column of the only row as a number; fallback when there is no row or it is null. */
bool db_fetch_integer(struct db *db, struct query query, int64_t fallback, int64_t *out,
                      struct error *err) MUST_CHECK;
/* rows may be NULL. */
bool db_execute(struct db *db, struct query query, uint64_t *rows, struct error *err) MUST_CHECK;

/*
 * Several statements in one round trip, in order. The first that fails is the failure, and those
 * behind it do not run; what ran before it stands, unless a transaction takes it back.
 */
struct db_step {
    struct query query;
    const struct record *record; /* NULL: rows are passed over */
    void **out;                  /* the first row, in arena; NULL when there is none */
    struct list *all;            /* or every row */
};
#define DB_RUN_MAX 8
bool db_run(struct db *db, const struct db_step *steps, size_t count, struct arena *arena,
            struct error *err) MUST_CHECK;
/*
 * The same in two halves: the database works while the caller does something else. Steps and what
 * they point to stay as they are until db_run_wait or db_run_last, before which nothing else runs
 * on db. Of a transaction's work that fails in between, the second half is not asked for.
 */
bool db_run_start(struct db *db, const struct db_step *steps, size_t count, struct error *err)
    MUST_CHECK;
bool db_run_wait(struct db *db, struct arena *arena, struct error *err) MUST_CHECK;

/*
 * Runs work in a transaction: commits when it returns true, rolls back when false. Serialisation
 * failures and deadlocks run it again, up to DB_RETRIES times, so work must be repeatable: what it
 * writes to context must not change what it does the next time. Not nested.
 */
#define DB_RETRIES 10
enum db_isolation { DB_READ_COMMITTED, DB_SERIALIZABLE };
typedef bool db_work(struct db *db, void *context, struct error *err);
bool db_transact(struct db *db, enum db_isolation isolation, db_work *work, void *context,
                 struct error *err) MUST_CHECK;
bool db_in_transaction(const struct db *db);

/*
 * The last statements of a transaction's work, and its COMMIT in the same round trip: true when it
 * is committed. What db_run_start began may still run: they go behind it, and it is waited for with
 * them. They, and that, return no rows. Nothing may run in the work after it.
 */
bool db_run_last(struct db *db, const struct db_step *steps, size_t count, struct error *err)
    MUST_CHECK;

/* For a transaction's work that finds that nothing is to be done: it is rolled back although the
 * work returns true. */
void db_undo(struct db *db);

/* Text that is not a file: for migrations and for tests. May hold several statements. */
bool db_run_script(struct db *db, const char *text, struct error *err) MUST_CHECK;

/* A round trip; makes a lost connection again. UNAVAILABLE, too, when nothing can be written. */
bool db_ping(struct db *db, struct error *err) MUST_CHECK;

/*
 * Notices of other connections. After db_listen, db_wait sleeps until one arrives (true, *payload
 * set, in arena), the time is up (true, NULL), wake_fd becomes readable (true, NULL; -1: none), or
 * the connection is lost (false; listen again on a new one), even when a statement has made it
 * again meanwhile: what was told between is not heard.
 */
bool db_listen(struct db *db, const char *channel, struct error *err) MUST_CHECK;
bool db_wait(struct db *db, int timeout_ms, int wake_fd, struct arena *arena, const char **payload,
             struct error *err) MUST_CHECK;
