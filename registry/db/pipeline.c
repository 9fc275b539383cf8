/*
 * Statements as they go over the wire: any number in one round trip. A statement is prepared on its
 * connection with its first use, in the same round trip, so that a connection is open at once.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "registry/db/internal.h"

/* What was sent, in the order in which its results come. */
struct flight {
    struct db *db;
    const struct query *const *queries;
    size_t count;
    bool commit;
    bool followed; /* by another, sent before the results of this one are here */
    bool begins;
    struct query begin;
    bool prepares[DB_RUN_MAX + 2]; /* of BEGIN, the queries and COMMIT, in their order */
    bool ok;
    struct error *err; /* of the first failure */
};

static const struct query commit_query = { .statement = SQL_transaction_commit };

static bool query_send(struct flight *flight, size_t place, const struct query *query,
                       struct arena *arena)
{
    struct db *db = flight->db;
    const char *name = db_statement_name(query->statement);
    struct parameters parameters = { 0 };
    db_parameters(query, arena, &parameters);
    if (!db->prepared[query->statement]) {
        flight->prepares[place] = db->prepared[query->statement] = true;
        if (!PQsendPrepare(db->conn, name, db_statement_text(query->statement), 0, NULL))
            return false;
    }
    return PQsendQueryPrepared(db->conn, name, (int)query->count, parameters.values,
                               parameters.lengths, parameters.formats, 0);
}

static bool all_send(struct flight *flight)
{
    struct db *db = flight->db;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (!PQenterPipelineMode(db->conn))
        return false;
    flight->begins = db->begins;
    flight->begin.statement = db->begin;
    if (db->begins && !query_send(flight, 0, &flight->begin, arena))
        return false;
    db->begins = false;
    for (size_t i = 0; i < flight->count; i++)
        if (!query_send(flight, 1 + i, flight->queries[i], arena))
            return false;
    return (!flight->commit || query_send(flight, 1 + flight->count, &commit_query, arena)) &&
           PQpipelineSync(db->conn);
}

/* The result that is next; a NULL stands behind each. What fails first is told, and nothing else.
 */
static PGresult *result_take(struct flight *flight, const char *what)
{
    CLEANUP(PQclearp) PGresult *result = PQgetResult(flight->db->conn);
    if (result)
        PQclear(PQgetResult(flight->db->conn));
    if (!flight->ok)
        return NULL;
    if (db_result_check(flight->db, result, flight->err))
        return STEAL(result);
    error_prefix(flight->err, "%s", what);
    flight->ok = false;
    return NULL;
}

static PGresult *query_receive(struct flight *flight, size_t place, enum db_statement statement)
{
    const char *name = db_statement_name(statement);
    bool ok = flight->ok;
    if (flight->prepares[place]) {
        PGresult *result = result_take(flight, name);
        flight->db->prepared[statement] = result != NULL;
        if (ok && !result && flight->err->kind != ERROR_UNAVAILABLE)
            flight->err->kind = ERROR_INTERNAL; /* a statement of ours that is none */
        PQclear(result);
    }
    return result_take(flight, name);
}

/* A COMMIT of what has failed answers that it rolled back, without a fault. */
static void commit_receive(struct flight *flight)
{
    CLEANUP(PQclearp)
    PGresult *result = query_receive(flight, 1 + flight->count, SQL_transaction_commit);
    if (!result)
        return;
    flight->db->committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (!flight->db->committed)
        flight->ok = error_set(flight->err, INTERNAL, "the transaction was rolled back");
}

static void all_receive(struct flight *flight, PGresult **results)
{
    struct db *db = flight->db;
    if (flight->begins)
        PQclear(query_receive(flight, 0, flight->begin.statement));
    for (size_t i = 0; i < flight->count; i++)
        results[i] = query_receive(flight, 1 + i, flight->queries[i]->statement);
    if (flight->commit)
        commit_receive(flight);
    PQclear(PQgetResult(db->conn)); /* the sync's own */
    if (flight->followed || PQexitPipelineMode(db->conn))
        return;
    db->broken = true;
    if (flight->ok)
        flight->ok = db_connection_fault(db, flight->err);
}

static bool flight_start(struct flight *flight, struct error *err)
{
    struct db *db = flight->db;
    const char *first = db_statement_name(flight->queries[0]->statement);
    assert(flight->count <= DB_RUN_MAX);
    if (!db_reconnect(db, err))
        return error_prefix(err, "%s", first);
    if (!all_send(flight)) {
        db->broken = true;
        db_connection_fault(db, err);
        return error_prefix(err, "%s", first);
    }
    if (flight->commit)
        crash_point("db.sent");
    return true;
}

static bool flight_end(struct flight *flight, PGresult **results, struct error *err)
{
    flight->ok = true;
    flight->err = err;
    all_receive(flight, results);
    return flight->ok;
}

bool db_pipeline(struct db *db, const struct query *const *queries, size_t count, bool commit,
                 PGresult **results, struct error *err)
{
    struct flight flight = { .db = db, .queries = queries, .count = count, .commit = commit };
    assert(!db->running);
    memset((void *)results, 0, count * sizeof(*results)); /* NOLINT: of pointers */
    if (!flight_start(&flight, err))
        return false;
    return flight_end(&flight, results, err);
}

static void results_clear(PGresult **results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
}

/* The rows of a step, as it asks for them. */
static bool step_take(const struct db_step *step, const PGresult *result, struct arena *arena,
                      struct error *err)
{
    bool ok =
        !step->record || (step->all ? db_rows_all(result, step->record, arena, step->all, err)
                                    : db_row_first(result, step->record, arena, step->out, err));
    return ok || error_prefix(err, "%s", db_statement_name(step->query.statement));
}

static bool steps_take(const struct db_step *steps, PGresult *const *results, size_t count,
                       struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!step_take(&steps[i], results[i], arena, err))
            return false;
    return true;
}

static void queries_of(const struct db_step *steps, size_t count, const struct query **out)
{
    assert(count > 0 && count <= DB_RUN_MAX);
    for (size_t i = 0; i < count; i++)
        out[i] = &steps[i].query;
}

static bool steps_run(struct db *db, const struct db_step *steps, size_t count, bool commit,
                      struct arena *arena, struct error *err)
{
    const struct query *queries[DB_RUN_MAX];
    PGresult *results[DB_RUN_MAX] = { 0 };
    queries_of(steps, count, queries);
    bool ok = db_pipeline(db, queries, count, commit, results, err) &&
              steps_take(steps, results, count, arena, err);
    results_clear(results, count);
    return ok;
}

bool db_run(struct db *db, const struct db_step *steps, size_t count, struct arena *arena,
            struct error *err)
{
    return steps_run(db, steps, count, false, arena, err);
}

struct running {
    struct flight flight;
    const struct db_step *steps;
    struct query told[DB_RUN_MAX]; /* when its results are dropped, the steps are gone */
    const struct query *queries[DB_RUN_MAX];
};

bool db_run_start(struct db *db, const struct db_step *steps, size_t count, struct error *err)
{
    struct running *running = xnew(struct running);
    running->steps = steps;
    running->flight = (struct flight){ .db = db, .queries = running->queries, .count = count };
    assert(count > 0 && count <= DB_RUN_MAX && !db->running);
    for (size_t i = 0; i < count; i++) {
        running->told[i] = steps[i].query;
        running->queries[i] = &running->told[i];
    }
    if (flight_start(&running->flight, err)) {
        db->running = running;
        return true;
    }
    free(running);
    return false;
}

static bool running_end(struct db *db, bool followed, struct arena *arena, struct error *err)
{
    CLEANUP(freep) struct running *running = STEAL(db->running);
    PGresult *results[DB_RUN_MAX] = { 0 };
    size_t count = running->flight.count;
    running->flight.followed = followed;
    bool ok = flight_end(&running->flight, results, err) &&
              steps_take(running->steps, results, count, arena, err);
    results_clear(results, count);
    return ok;
}

bool db_run_wait(struct db *db, struct arena *arena, struct error *err)
{
    return running_end(db, false, arena, err);
}

void db_run_drop(struct db *db)
{
    CLEANUP(freep) struct running *running = STEAL(db->running);
    PGresult *results[DB_RUN_MAX] = { 0 };
    struct error ignored;
    if (!running)
        return;
    (void)!flight_end(&running->flight, results, &ignored);
    results_clear(results, running->flight.count);
}

/* Sent while others run: of both, the first failure is told. */
static bool last_behind(struct db *db, const struct db_step *steps, size_t count, struct error *err)
{
    const struct query *queries[DB_RUN_MAX];
    PGresult *results[DB_RUN_MAX] = { 0 };
    struct flight last = { .db = db, .queries = queries, .count = count, .commit = true };
    queries_of(steps, count, queries);
    if (!flight_start(&last, err))
        return false;
    last.ok = running_end(db, true, NULL, err);
    last.err = err;
    all_receive(&last, results);
    results_clear(results, count);
    return last.ok;
}

bool db_run_last(struct db *db, const struct db_step *steps, size_t count, struct error *err)
{
    assert(db->in_transaction);
    return db->running ? last_behind(db, steps, count, err)
                       : steps_run(db, steps, count, true, NULL, err);
}

static bool prepares_receive(struct db *db, struct error *err)
{
    struct flight flight = { .db = db, .ok = true, .err = err };
    for (size_t i = 0; i < DB_STATEMENT_COUNT; i++) {
        CLEANUP(PQclearp) PGresult *result = NULL;
        if (db->prepared[i])
            continue;
        result = result_take(&flight, db_statement_name((enum db_statement)i));
        db->prepared[i] = result != NULL;
    }
    PQclear(PQgetResult(db->conn)); /* the sync's own */
    if (!PQexitPipelineMode(db->conn) && flight.ok)
        flight.ok = db_connection_fault(db, err);
    if (flight.ok)
        return true;
    err->kind = err->kind == ERROR_UNAVAILABLE ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
    return error_prefix(err, "prepare");
}

static bool statement_send(struct db *db, enum db_statement statement)
{
    return PQsendPrepare(db->conn, db_statement_name(statement), db_statement_text(statement), 0,
                         NULL);
}

bool db_prepare(struct db *db, struct error *err)
{
    bool sent = db_reconnect(db, err) && PQenterPipelineMode(db->conn);
    for (size_t i = 0; i < DB_STATEMENT_COUNT && sent; i++)
        sent = db->prepared[i] || statement_send(db, (enum db_statement)i);
    if (sent && PQpipelineSync(db->conn))
        return prepares_receive(db, err);
    db->broken = true;
    return db_connection_fault(db, err);
}
