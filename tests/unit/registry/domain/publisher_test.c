/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto */
/* Who publishes may lose the right to it while their bytes come (publish.c). */
#include "lib/base/random.h"
#include "tests/support/publishing.h"

static struct house house;

static int open_all(void **state)
{
    (void)world_open(state);
    house = house_new();
    return 0;
}

static int close_all(void **state)
{
    house_clear(&house);
    return world_close(state);
}

/* What happens after the role was found and before the transaction. */
static const char *meanwhile;

bool __real_blob_batch_open(struct blob_store *store, struct blob_batch **out, struct error *err);
bool __wrap_blob_batch_open(struct blob_store *store, struct blob_batch **out, struct error *err);
bool __wrap_blob_batch_open(struct blob_store *store, struct blob_batch **out, struct error *err)
{
    if (meanwhile)
        world_run(meanwhile);
    meanwhile = NULL;
    return __real_blob_batch_open(store, out, err);
}

/* Rows of which somebody else, while the transaction is open, can change so many. */
static struct {
    const char *rows[4];
    size_t count, free;
} watch;

static size_t rows_free(void)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct error locked;
    size_t free = 0;
    assert_ok(db_open(cluster_url(world.cluster), &db, &err));
    for (size_t i = 0; i < watch.count; i++) {
        free += db_run_script(db,
                              arena_printf(world.arena,
                                           "DO $$ BEGIN PERFORM 1 FROM %s FOR UPDATE NOWAIT;"
                                           " ASSERT FOUND; END $$",
                                           watch.rows[i]),
                              &locked);
    }
    return free;
}

bool __real_blob_batch_commit(struct blob_batch *batch, struct error *err);
bool __wrap_blob_batch_commit(struct blob_batch *batch, struct error *err);
bool __wrap_blob_batch_commit(struct blob_batch *batch, struct error *err)
{
    watch.free = watch.count ? rows_free() : 0;
    return __real_blob_batch_commit(batch, err);
}

static bool publish(const struct principal *who, const char *name, const char **archive,
                    struct error *err)
{
    const char *const ref[3] = { house.name, name, "1.0.0" };
    struct sample sample = sample_new(name, "1.0.0");
    struct publish_result result;
    struct actor actor = world_actor(who);
    sample_pack(&sample);
    struct publish_request request = { .namespace = house.name,
                                       .name = name,
                                       .version = "1.0.0",
                                       .bundle = sample_sign(&sample, ref, house.key),
                                       .archive = sample.archive };
    *archive = arena_printf(world.arena, "%s", sample.index.sha256);
    return version_publish(&world.registry, &request, &actor, world.arena, &result, err);
}

static struct principal *member(void)
{
    struct principal *who = world_person(false);
    struct actor owner = world_actor(house.owner);
    struct member_request request = { house.name, who->login, ROLE_PUBLISHER };
    assert_ok(member_set(&world.registry, &request, &owner, &err));
    return who;
}

/* Its principal, as a request with it has one. */
static void token_instead(struct principal *who)
{
    char id[UUID_TEXT];
    random_uuid(id);
    world_run(arena_printf(world.arena,
                           "INSERT INTO token (id, account_id, name, digest, scopes, created_at) "
                           "VALUES ('%s', %jd, 't', sha256('%s'), '{publish}', "
                           "now() - interval '1 day')",
                           id, (intmax_t)who->account_id, id));
    who->token_id = arena_printf(world.arena, "%s", id);
    who->session_id = 0;
}

static void is_there(const char *name, const char *archive, bool expected)
{
    const char *const ref[2] = { house.name, name };
    struct package *package;
    const char *next;
    struct error ignored;
    assert_ok(
        package_find(world.registry.db, ref, house.owner->account_id, world.arena, &package, &err));
    assert_int_equal(package != NULL, expected);
    assert_ok(
        db_fetch_json(world.registry.db,
                      QUERY(fsck_blob_next, db_text(arena_printf(world.arena, "%.63s", archive))),
                      world.arena, &next, NULL, &err));
    assert_int_equal(next && strcmp(next, archive) == 0, expected);
    assert_int_equal(blob_verify(world.registry.blobs, archive, &ignored), expected);
}

#define SESSION "UPDATE session SET created_at = now() - interval '2 days', "
#define TOKEN   "UPDATE token SET "

static void what_let_a_body_in_has_to_last_until_it_is_published(void **state)
{
    (void)state;
    static const struct {
        bool token;
        enum error_kind kind;
        const char *meanwhile; /* and the account's id behind it */
    } cases[] = {
        { false, ERROR_NONE, NULL },
        { true, ERROR_NONE, NULL },
        { false, ERROR_UNAUTHORIZED, "DELETE FROM session WHERE account_id = " },
        { false, ERROR_UNAUTHORIZED, SESSION "expires_at = now() WHERE account_id = " },
        { false, ERROR_NONE, SESSION "last_seen_at = created_at WHERE account_id = " },
        { false, ERROR_UNAUTHORIZED, "UPDATE account SET disabled_at = now() WHERE id = " },
        { true, ERROR_UNAUTHORIZED, "UPDATE account SET disabled_at = now() WHERE id = " },
        { true, ERROR_UNAUTHORIZED, TOKEN "revoked_at = now() WHERE account_id = " },
        { true, ERROR_UNAUTHORIZED, TOKEN "expires_at = now() WHERE account_id = " },
        { true, ERROR_NONE, TOKEN "expires_at = now() + interval '1 hour' WHERE account_id = " },
        { true, ERROR_NONE, "DELETE FROM session WHERE account_id = " },
        { true, ERROR_DENIED, "DELETE FROM membership WHERE account_id = " },
        { false, ERROR_DENIED, "UPDATE membership SET role = 'reader' WHERE account_id = " },
        { false, ERROR_NONE, "UPDATE membership SET role = 'maintainer' WHERE account_id = " },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct principal *who = member();
        const char *name = world_text("lasting"), *archive;
        struct error fault = { .kind = ERROR_NONE };
        if (cases[i].token)
            token_instead(who);
        meanwhile = cases[i].meanwhile ? arena_printf(world.arena, "%s%jd", cases[i].meanwhile,
                                                      (intmax_t)who->account_id)
                                       : NULL;
        bool ok = publish(who, name, &archive, &fault);
        assert_null(meanwhile);
        assert_int_equal(ok, cases[i].kind == ERROR_NONE);
        assert_int_equal(fault.kind, cases[i].kind);
        is_there(name, archive, ok);
    }
}

static void an_administrator_needs_no_role_and_has_to_last_too(void **state)
{
    (void)state;
    struct principal *who = world_person(true);
    const char *archive;
    assert_ok(publish(who, "by-admin", &archive, &err));
    is_there("by-admin", archive, true);
    meanwhile = arena_printf(world.arena, "DELETE FROM session WHERE account_id = %jd",
                             (intmax_t)who->account_id);
    assert_fails(publish(who, "by-ended-admin", &archive, &err), UNAUTHORIZED);
    is_there("by-ended-admin", archive, false);
}

static void what_ends_a_right_waits_for_a_publish_that_has_it(void **state)
{
    (void)state;
    for (int token = 0; token < 2; token++) {
        struct principal *who = member(), *other = member();
        const char *archive;
        if (token)
            token_instead(who);
        watch.rows[0] =
            arena_printf(world.arena, "account WHERE id = %jd", (intmax_t)who->account_id);
        watch.rows[1] = arena_printf(world.arena, "%s WHERE account_id = %jd",
                                     token ? "token" : "session", (intmax_t)who->account_id);
        watch.rows[2] = arena_printf(world.arena, "membership WHERE account_id = %jd",
                                     (intmax_t)who->account_id);
        watch.count = 3;
        assert_ok(publish(who, world_text("holds"), &archive, &err));
        assert_int_equal(watch.free, 0);
        assert_ok(publish(other, world_text("holds"), &archive, &err));
        assert_int_equal(watch.free, 3);
        watch.count = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_let_a_body_in_has_to_last_until_it_is_published),
        cmocka_unit_test(an_administrator_needs_no_role_and_has_to_last_too),
        cmocka_unit_test(what_ends_a_right_waits_for_a_publish_that_has_it),
    };
    return cmocka_run_group_tests_name("registry/domain/publisher", tests, open_all, close_all);
}
