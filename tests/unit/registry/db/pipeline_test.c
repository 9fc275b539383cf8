/* USES registry/domain registry/auth registry/blob lib/base */
#include "tests/support/test.h"

#include "registry/auth/audit.h"
#include "tests/support/world.h"

struct organisation_row {
    int64_t id;
    const char *name;
};

static const struct field organisation_fields[] = {
    I64(struct organisation_row, id, REQUIRED),
    TEXT(struct organisation_row, name, REQUIRED),
};
static const struct record row_record =
    RECORD(struct organisation_row, "organisation", organisation_fields);

/* A connection on which nothing is prepared yet. */
static struct db *db_new(void)
{
    struct db *db = NULL;
    assert_ok(db_open(cluster_url(world.cluster), &db, &err));
    return db;
}

static int64_t organisations_named(const char *name)
{
    int64_t id;
    assert_ok(db_fetch_integer(world.registry.db,
                               QUERY(organisation_find, db_text(name), db_null()), 0, &id, &err));
    return id ? 1 : 0;
}

static struct db_step organisation_step(const struct db_value *values)
{
    return (struct db_step){ .query = { SQL_organisation_add, 3, values } };
}

static void steps_run_in_order_and_give_their_rows(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const struct principal *who = world_person(false);
    const char *name = world_text("steps");
    const struct db_value values[] = { db_text(name), db_text(name), db_integer(who->account_id) };
    struct organisation_row *found = NULL, unknown, *missing = &unknown;
    struct list all = { 0 };
    const struct db_step steps[] = {
        organisation_step(values),
        { .query = QUERY(organisation_find, db_text(name), db_null()),
          .record = &row_record,
          .out = (void **)&found },
        { .query = QUERY(organisation_find, db_text("nobody"), db_null()),
          .record = &row_record,
          .out = (void **)&missing },
        { .query = QUERY(organisation_find, db_text(name), db_null()),
          .record = &row_record,
          .all = &all },
    };
    assert_ok(db_run(db, steps, COUNT(steps), world.arena, &err));
    assert_non_null(found);
    assert_string_equal(found->name, name);
    assert_null(missing);
    assert_int_equal(all.count, 1);
    assert_int_equal(LIST_AT(all, struct organisation_row, 0)->id, found->id);
}

static void the_first_failure_is_told_and_nothing_behind_it_runs(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const struct principal *who = world_person(false);
    const char *name = world_text("twice"), *after = world_text("after");
    const struct db_value values[] = { db_text(name), db_text(name), db_integer(who->account_id) };
    const struct db_value more[] = { db_text(after), db_text(after), db_integer(who->account_id) };
    const struct db_step steps[] = { organisation_step(values), organisation_step(values),
                                     organisation_step(more) };
    struct error fault;
    assert_false(db_run(db, steps, COUNT(steps), world.arena, &fault));
    assert_int_equal(fault.kind, ERROR_CONFLICT);
    assert_string_equal(fault.field, "organisation_name_key");
    assert_non_null(strstr(fault.message, "organisation_add: "));
    assert_int_equal(organisations_named(after), 0);
    /* and the connection is good for more */
    assert_ok(db_run(db, &steps[2], 1, world.arena, &err));
    assert_int_equal(organisations_named(after), 1);
}

/* Also where what stands behind it would have been prepared with it. */
static void a_failure_stays_what_it_is_on_a_new_connection(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const struct principal *who = world_person(false);
    const char *name = world_text("again");
    const struct db_value values[] = { db_text(name), db_text(name), db_integer(who->account_id) };
    const struct db_value nobody[] = { db_text(name), db_null() };
    const struct db_step steps[] = { organisation_step(values),
                                     { .query = { SQL_organisation_find, 2, nobody } } };
    assert_ok(db_run(world.registry.db, steps, 1, world.arena, &err));
    assert_fails(db_run(db, steps, COUNT(steps), world.arena, &err), CONFLICT);
    assert_ok(db_run(db, steps + 1, 1, world.arena, &err));
}

struct writing {
    const char *name;
    int64_t account;
    bool fails, last, seen;
};

static bool write_work(struct db *db, void *context, struct error *err)
{
    struct writing *writing = context;
    const struct db_value values[] = { db_text(writing->name), db_text(writing->name),
                                       db_integer(writing->account) };
    const struct db_step steps[] = {
        organisation_step(values),
        { .query = QUERY(account_set_disabled, db_integer(-1),
                         db_text(writing->fails ? "neither" : "true")) },
    };
    if (writing->last)
        return db_run_last(db, steps, COUNT(steps), err);
    if (!db_run(db, steps, COUNT(steps), world.arena, err))
        return false;
    writing->seen = organisations_named(writing->name) != 0; /* from another connection */
    return true;
}

static void a_transaction_is_seen_when_it_is_committed(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    for (int last = 0; last < 2; last++) {
        struct writing writing = { .name = world_text("kept"),
                                   .account = world_person(false)->account_id,
                                   .last = last };
        assert_ok(db_transact(db, DB_READ_COMMITTED, write_work, &writing, &err));
        assert_false(writing.seen);
        assert_int_equal(organisations_named(writing.name), 1);
        assert_false(db_in_transaction(db));
    }
}

static void a_transaction_that_fails_leaves_nothing(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    for (int last = 0; last < 2; last++) {
        struct writing writing = { .name = world_text("gone"),
                                   .account = world_person(false)->account_id,
                                   .fails = true,
                                   .last = last };
        assert_fails(db_transact(db, DB_READ_COMMITTED, write_work, &writing, &err), INVALID);
        assert_int_equal(organisations_named(writing.name), 0);
        assert_ok(db_ping(db, &err));
    }
}

struct halves {
    const char *name;
    int64_t account;
    bool fails_between, undoes;
};

/* Between the two halves of a round trip something else fails, or finds that nothing is to be done.
 */
static bool halves_work(struct db *db, void *context, struct error *err)
{
    const struct halves *halves = context;
    const struct db_value values[] = { db_text(halves->name), db_text(halves->name),
                                       db_integer(halves->account) };
    struct organisation_row *found = NULL;
    const struct db_step steps[] = { organisation_step(values),
                                     { .query = QUERY(organisation_find, db_text(halves->name),
                                                      db_null()),
                                       .record = &row_record,
                                       .out = (void **)&found } };
    if (!db_run_start(db, steps, COUNT(steps), err))
        return false;
    if (halves->fails_between)
        return error_set(err, INVALID, "something else");
    if (!db_run_wait(db, world.arena, err))
        return false;
    assert_string_equal(found->name, halves->name);
    if (halves->undoes)
        db_undo(db);
    return true;
}

static void a_round_trip_can_be_waited_for_later(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    struct halves halves = { .name = world_text("halves"),
                             .account = world_person(false)->account_id };
    for (int i = 0; i < 2; i++) {
        halves.fails_between = i == 0;
        halves.undoes = i == 1;
        struct error fault;
        bool ok = db_transact(db, DB_READ_COMMITTED, halves_work, &halves, &fault);
        assert_int_equal(ok, halves.undoes);
        assert_int_equal(organisations_named(halves.name), 0);
        assert_ok(db_ping(db, &err));
    }
    halves.undoes = false;
    assert_ok(db_transact(db, DB_READ_COMMITTED, halves_work, &halves, &err));
    assert_int_equal(organisations_named(halves.name), 1);
    assert_fails(db_transact(db, DB_READ_COMMITTED, halves_work, &halves, &err), CONFLICT);
    assert_ok(db_ping(db, &err));
}

struct behind {
    const char *first, *last;
    int64_t account;
};

/* Two halves of the same work, of which the second does not wait for the first. */
static bool behind_work(struct db *db, void *context, struct error *err)
{
    const struct behind *behind = context;
    const struct db_value first[] = { db_text(behind->first), db_text(behind->first),
                                      db_integer(behind->account) };
    const struct db_value last[] = { db_text(behind->last), db_text(behind->last),
                                     db_integer(behind->account) };
    const struct db_step started[] = { organisation_step(first) };
    const struct db_step ending[] = { organisation_step(last) };
    return db_run_start(db, started, COUNT(started), err) &&
           db_run_last(db, ending, COUNT(ending), err);
}

static void what_runs_still_is_committed_with_the_last(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    struct behind behind = { .first = world_text("first"),
                             .last = world_text("last"),
                             .account = world_person(false)->account_id };
    assert_ok(db_transact(db, DB_READ_COMMITTED, behind_work, &behind, &err));
    assert_int_equal(organisations_named(behind.first), 1);
    assert_int_equal(organisations_named(behind.last), 1);
}

/* Whichever of them fails: it is the failure, and nothing is left of both. */
static void what_runs_still_fails_with_the_last(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const char *taken = world_text("taken");
    struct behind behind = { taken, world_text("one"), world_person(false)->account_id };
    assert_ok(db_transact(db, DB_READ_COMMITTED, behind_work, &behind, &err));
    for (int i = 0; i < 2; i++) {
        const char *fresh = world_text("fresh");
        behind.first = i == 0 ? taken : fresh;
        behind.last = i == 0 ? fresh : taken;
        struct error fault;
        assert_false(db_transact(db, DB_READ_COMMITTED, behind_work, &behind, &fault));
        assert_int_equal(fault.kind, ERROR_CONFLICT);
        assert_string_equal(fault.field, "organisation_name_key");
        assert_int_equal(organisations_named(fresh), 0);
        assert_false(db_in_transaction(db));
        assert_ok(db_ping(db, &err));
    }
}

static bool nothing_work(struct db *db, void *context, struct error *err)
{
    (void)db, (void)context, (void)err;
    return true;
}

static void work_that_asks_nothing_is_a_transaction_too(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    assert_ok(db_transact(db, DB_SERIALIZABLE, nothing_work, NULL, &err));
    assert_int_equal(organisations_named("nobody"), 0);
}

/* What was prepared is gone with the connection, and comes again with the next use. */
static void statements_come_again_on_a_new_connection(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    int64_t id;
    const struct query query = QUERY(organisation_find, db_text("nobody"), db_null());
    assert_ok(db_fetch_integer(db, query, 0, &id, &err));
    assert_fails(db_run_script(db, "SELECT pg_terminate_backend(pg_backend_pid())", &err),
                 UNAVAILABLE);
    assert_ok(db_fetch_integer(db, query, 7, &id, &err));
    assert_int_equal(id, 7);
}

/* As when PostgreSQL was started anew: nobody's request pays for that. */
static void a_connection_lost_in_between_is_made_again_before_the_next_statement(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    int64_t id;
    const struct query query = QUERY(organisation_find, db_text("nobody"), db_null());
    assert_ok(db_fetch_integer(db, query, 0, &id, &err));
    world_run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
              " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
    assert_ok(db_fetch_integer(db, query, 7, &id, &err));
    assert_int_equal(id, 7);
}

static void every_statement_can_be_prepared_after_some_were_used(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    int64_t id;
    assert_ok(
        db_fetch_integer(db, QUERY(organisation_find, db_text("nobody"), db_null()), 0, &id, &err));
    assert_ok(db_prepare(db, &err));
    assert_ok(db_prepare(db, &err)); /* nothing is left to do */
    assert_ok(db_ping(db, &err));
}

static void an_event_can_go_with_other_statements(void **state)
{
    (void)state;
    struct audit_event event = { .action = "test.done", .subject = world_text("subject") };
    const struct db_step steps[] = { { .query = audit_query(&event, world.arena) },
                                     { .query = audit_query(&event, world.arena) } };
    assert_ok(db_run(world.registry.db, steps, COUNT(steps), world.arena, &err));
    int64_t events, bad;
    assert_ok(db_fetch_integer(world.registry.db, QUERY(audit_verify), 0, &events, &err));
    assert_true(events >= 2);
    struct verified {
        int64_t first_bad;
    } *verified = NULL;
    static const struct field fields[] = { I64(struct verified, first_bad, REQUIRED) };
    static const struct record record = RECORD(struct verified, "verified", fields);
    assert_ok(db_fetch(world.registry.db, QUERY(audit_verify), &record, world.arena,
                       (void **)&verified, &err));
    bad = verified->first_bad;
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_in_order_and_give_their_rows),
        cmocka_unit_test(the_first_failure_is_told_and_nothing_behind_it_runs),
        cmocka_unit_test(a_failure_stays_what_it_is_on_a_new_connection),
        cmocka_unit_test(a_transaction_is_seen_when_it_is_committed),
        cmocka_unit_test(a_transaction_that_fails_leaves_nothing),
        cmocka_unit_test(a_round_trip_can_be_waited_for_later),
        cmocka_unit_test(what_runs_still_is_committed_with_the_last),
        cmocka_unit_test(what_runs_still_fails_with_the_last),
        cmocka_unit_test(work_that_asks_nothing_is_a_transaction_too),
        cmocka_unit_test(statements_come_again_on_a_new_connection),
        cmocka_unit_test(a_connection_lost_in_between_is_made_again_before_the_next_statement),
        cmocka_unit_test(every_statement_can_be_prepared_after_some_were_used),
        cmocka_unit_test(an_event_can_go_with_other_statements),
    };
    return cmocka_run_group_tests_name("registry/db/pipeline", tests, world_open, world_close);
}
