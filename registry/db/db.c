#include "registry/db/db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/db/internal.h"

DEFINE_CLEANUP(PGnotify *, PQfreemem)

struct db_sql {
    const char *name;
    const char *text;
};

/* Long statements are one literal each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct db_sql statements[] = {
#define SQL(name, text) { #name, text },
#include "sql_statements.def"
#undef SQL
    { NULL, NULL },
};
#pragma GCC diagnostic pop

static void notice_ignore(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

/* Text of the server is many lines; ours are one. */
static void line_copy(char *out, size_t size, const char *text)
{
    size_t at = 0;
    for (; *text && at + 1 < size; text++) {
        out[at] = *text;
        if (*text == '\n' || *text == '\t')
            out[at] = ' ';
        at++;
    }
    while (at > 0 && out[at - 1] == ' ')
        at--;
    out[at] = '\0';
}

bool db_connection_fault(struct db *db, struct error *err)
{
    char reason[300];
    line_copy(reason, sizeof(reason), PQerrorMessage(db->conn));
    return error_set(err, UNAVAILABLE, "database: %s", reason);
}

/* Whatever happens to a client's settings, times and text come one way. */
static bool connection_settle(struct db *db, struct error *err)
{
    PQsetNoticeReceiver(db->conn, notice_ignore, NULL);
    CLEANUP(PQclearp)
    PGresult *result = PQexec(db->conn, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD';"
                                        "SET client_encoding = 'UTF8'; SET bytea_output = 'hex'");
    return db_result_check(db, result, err);
}

bool db_open(const char *url, struct db **out, struct error *err)
{
    CLEANUP(db_closep) struct db *db = xnew(struct db);
    db->conn = db_connect(url);
    if (PQstatus(db->conn) != CONNECTION_OK)
        return db_connection_fault(db, err);
    if (!connection_settle(db, err))
        return false;
    *out = STEAL(db);
    return true;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    PQfinish(db->conn);
    free(db);
}

/* What came while nobody asked: as a rule nothing, else a notice, or a farewell and the end of the
 * connection, which its status tells then. */
static void arrived_take(struct db *db)
{
    struct pollfd fd = { .fd = PQsocket(db->conn), .events = POLLIN };
    while (PQstatus(db->conn) == CONNECTION_OK && poll(&fd, 1, 0) > 0)
        if (!PQconsumeInput(db->conn))
            return;
}

bool db_reconnect(struct db *db, struct error *err)
{
    if (!db->in_transaction && PQstatus(db->conn) == CONNECTION_OK)
        arrived_take(db);
    if (PQstatus(db->conn) == CONNECTION_OK && !db->broken)
        return true;
    if (db->in_transaction)
        return error_set(err, UNAVAILABLE, "database: the connection was lost");
    log_warn("database.reconnect");
    db->listening = false;
    PQreset(db->conn);
    if (PQstatus(db->conn) != CONNECTION_OK)
        return db_connection_fault(db, err);
    memset(db->prepared, 0, sizeof(db->prepared));
    db->broken = false;
    return connection_settle(db, err);
}

static enum error_kind kind_of_state(const char *state)
{
    static const struct {
        const char *prefix;
        enum error_kind kind;
    } kinds[] = {
        { "23505", ERROR_CONFLICT },    { "23P01", ERROR_CONFLICT }, { "23", ERROR_INVALID },
        { "22", ERROR_INVALID },        { "40", ERROR_UNAVAILABLE }, { "08", ERROR_UNAVAILABLE },
        { "53", ERROR_UNAVAILABLE },    { "57", ERROR_UNAVAILABLE }, { "55P03", ERROR_UNAVAILABLE },
        { "25006", ERROR_UNAVAILABLE }, /* a standby */
    };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(state, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    return ERROR_INTERNAL;
}

bool db_result_check(struct db *db, const PGresult *result, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;

    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state)
        return db_connection_fault(db, err);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    char reason[300];
    line_copy(reason, sizeof(reason), PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    db->retry = strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
    error_raise(err, kind_of_state(state), 0, ERROR_HERE, "database: %s (%s)", reason, state);
    return constraint ? error_field(err, "%s", constraint) : false;
}

const char *db_statement_name(enum db_statement statement)
{
    return statements[statement].name;
}

const char *db_statement_text(enum db_statement statement)
{
    return statements[statement].text;
}

static bool command(struct db *db, const char *text, struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = PQexec(db->conn, text);
    return db_result_check(db, result, err);
}

/* The BEGIN that waited for a statement to go with. */
static bool begin_send(struct db *db, struct error *err)
{
    bool begins = db->begins;
    db->begins = false;
    return !begins || command(db, db_statement_text(db->begin), err);
}

bool db_run_script(struct db *db, const char *text, struct error *err)
{
    return db_reconnect(db, err) && begin_send(db, err) && command(db, text, err);
}

/* A standby, or a database that was set so. */
static bool ask(struct db *db, struct error *err)
{
    if (!db_reconnect(db, err) || !begin_send(db, err))
        return false;
    CLEANUP(PQclearp) PGresult *row = PQexec(db->conn, "SHOW transaction_read_only");
    return db_result_check(db, row, err) &&
           (strcmp(PQgetvalue(row, 0, 0), "off") == 0 ||
            error_set(err, UNAVAILABLE, "database: it can only be read"));
}

bool db_ping(struct db *db, struct error *err)
{
    if (ask(db, err))
        return true;
    return ask(db, err); /* on a new connection, when the old one was lost */
}

void db_undo(struct db *db)
{
    db->undo = true;
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction;
}

/* BEGIN goes with the first statement of the work, and COMMIT with the last if that says so. */
static bool attempt(struct db *db, enum db_isolation isolation, db_work *work, void *context,
                    struct error *err)
{
    if (!db_reconnect(db, err))
        return false;
    db->retry = db->committed = db->undo = false;
    db->begins = true;
    db->begin =
        isolation == DB_SERIALIZABLE ? SQL_transaction_begin_serializable : SQL_transaction_begin;
    db->in_transaction = true;
    bool ok = work(db, context, err);
    db_run_drop(db);
    if (ok && !db->committed && !db->begins && !db->undo)
        ok = command(db, "COMMIT", err);
    if ((!ok || db->undo) && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
        PQclear(PQexec(db->conn, "ROLLBACK"));
    db->in_transaction = false;
    db->begins = false;
    return ok;
}

/* A little longer each time, and never in step with the one we collided with. */
static void retry_pause(unsigned tried)
{
    uint32_t noise;
    random_bytes(&noise, sizeof(noise));
    long base_us = 500L << (tried < 6 ? tried : 6);
    struct timespec pause = { .tv_nsec = (base_us + noise % base_us) * 1000 };
    (void)nanosleep(&pause, NULL);
}

bool db_transact(struct db *db, enum db_isolation isolation, db_work *work, void *context,
                 struct error *err)
{
    if (db->in_transaction)
        return error_set(err, INTERNAL, "a transaction inside a transaction");
    for (unsigned tried = 0;; tried++) {
        if (attempt(db, isolation, work, context, err))
            return true;
        if (!db->retry || tried == DB_RETRIES)
            return false;
        retry_pause(tried);
    }
}

bool db_listen(struct db *db, const char *channel, struct error *err)
{
    if (!db_reconnect(db, err))
        return false;
    char *quoted = PQescapeIdentifier(db->conn, channel, strlen(channel));
    if (!quoted)
        return db_connection_fault(db, err);
    char text[128];
    (void)snprintf(text, sizeof(text), "LISTEN %.100s", quoted);
    PQfreemem(quoted);
    db->listening = command(db, text, err);
    return db->listening;
}

static const char *notice_next(struct db *db, struct arena *arena)
{
    CLEANUP(PQfreememp) PGnotify *notice = PQnotifies(db->conn);
    return notice ? arena_strndup(arena, notice->extra, strlen(notice->extra)) : NULL;
}

bool db_wait(struct db *db, int timeout_ms, int wake_fd, struct arena *arena, const char **payload,
             struct error *err)
{
    if (!db->listening)
        return error_set(err, UNAVAILABLE, "database: nobody listens on this connection");
    if (!PQconsumeInput(db->conn))
        return db_connection_fault(db, err);
    *payload = notice_next(db, arena);
    if (*payload)
        return true;
    struct pollfd fds[] = { { .fd = PQsocket(db->conn), .events = POLLIN },
                            { .fd = wake_fd, .events = POLLIN } };
    int ready = poll(fds, COUNT(fds), timeout_ms);
    if (ready < 0 && errno != EINTR)
        return error_set_errno(err, "poll");
    if (ready <= 0 || !fds[0].revents)
        return true;
    if (!PQconsumeInput(db->conn))
        return db_connection_fault(db, err);
    *payload = notice_next(db, arena);
    return true;
}
