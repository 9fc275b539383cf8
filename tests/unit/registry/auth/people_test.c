/* USES registry/domain registry/db registry/blob lib/base */
#include <pthread.h>

#include "registry/auth/audit.h"
#include "registry/auth/limit.h"
#include "registry/auth/password.h"
#include "registry/auth/session.h"
#include "registry/auth/token_issue.h"
#include "tests/support/world.h"

static struct db *db(void)
{
    return world.registry.db;
}

static struct account *account_of(const struct principal *who)
{
    struct account *account = NULL;
    assert_ok(account_get(db(), who->account_id, world.arena, &account, &err));
    return account;
}

static bool sign_in(const char *login, const char *password, const char *ip, struct error *err)
{
    struct account *account;
    struct sign_in request = { login, password, ip };
    return people_sign_in(db(), &request, world.arena, &account, err);
}

/* Another server that starts at the same time: it makes the account once this one is about to, and
 * commits when that waits. */
static struct db *rival, *watcher;
static bool rival_comes;
static pthread_t rival_thread;

static void *rival_commit(void *context)
{
    (void)context;
    assert_ok(db_run_script(watcher,
                            "DO $$ BEGIN WHILE NOT EXISTS"
                            " (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"
                            " LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP;"
                            " END $$",
                            &err));
    assert_ok(db_run_script(rival, "COMMIT", &err));
    return NULL;
}

static void rival_begin(void)
{
    rival_comes = false;
    assert_ok(db_run_script(rival,
                            "BEGIN; SELECT pg_advisory_xact_lock(7236838);"
                            "INSERT INTO account (login, display_name, password_hash)"
                            " VALUES ('" PEOPLE_FIRST_LOGIN "', 'x', '$argon2id$x')",
                            &err));
    assert_int_equal(pthread_create(&rival_thread, NULL, rival_commit, NULL), 0);
}

bool __real_password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct error *err);
bool __wrap_password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct error *err);
bool __wrap_password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct error *err)
{
    if (rival_comes)
        rival_begin();
    return __real_password_hash(password, out, err);
}

static void of_two_servers_that_start_at_once_one_makes_the_first_account(void **state)
{
    (void)state;
    char *password;
    assert_ok(db_open(cluster_url(world.cluster), &rival, &err));
    assert_ok(db_open(cluster_url(world.cluster), &watcher, &err));
    rival_comes = true;
    assert_ok(people_bootstrap(db(), world.arena, &password, &err));
    assert_null(password);
    assert_int_equal(pthread_join(rival_thread, NULL), 0);
    assert_ok(db_run_script(rival, "DELETE FROM account", &err));
    db_close(rival);
    db_close(watcher);
}

static void the_first_administrator_is_made_once(void **state)
{
    (void)state;
    char *password = NULL;
    assert_ok(people_bootstrap(db(), world.arena, &password, &err));
    assert_non_null(password);
    assert_ok(sign_in(PEOPLE_FIRST_LOGIN, password, "a", &err));
    assert_ok(people_bootstrap(db(), world.arena, &password, &err));
    assert_null(password);
}

static void logins_are_plain_names_and_unique(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-a", "a-", "a b", "\xc3\xa9", "a/b" };
    struct account *account;
    struct account_request request = { .password = WORLD_PASSWORD };
    for (size_t i = 0; i < COUNT(bad); i++) {
        request.login = bad[i];
        assert_fails(people_add(db(), &request, world.arena, &account, &err), INVALID);
    }
    request.login = "Some.One";
    request.display_name = "two\nlines";
    assert_fails(people_add(db(), &request, world.arena, &account, &err), INVALID);
    request.display_name = "Some One";
    assert_ok(people_add(db(), &request, world.arena, &account, &err));
    assert_string_equal(account->display_name, "Some One");
    request.login = "some-one";
    assert_fails(people_add(db(), &request, world.arena, &account, &err), CONFLICT);
}

static void nobody_and_the_wrong_password_sound_alike(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    struct error wrong, unknown, odd;
    assert_false(sign_in(who->login, "wrong password", "b", &wrong));
    assert_false(sign_in("not-there", "wrong password", "b", &unknown));
    assert_false(sign_in("\x01", "wrong password", "b", &odd));
    assert_int_equal(wrong.kind, ERROR_UNAUTHORIZED);
    assert_string_equal(wrong.message, unknown.message);
    assert_string_equal(wrong.message, odd.message);
}

static void a_disabled_account_counts_for_nothing(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    struct session session;
    struct principal *found;
    struct account *account;
    assert_ok(session_start(db(), account_of(who), "c", &session, &err));
    assert_ok(account_get(db(), who->account_id, world.arena, &account, &err));
    assert_ok(people_set_disabled(db(), account, true, &err));
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "c", &err), UNAUTHORIZED);
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_null(found);
    assert_ok(people_set_disabled(db(), account, false, &err));
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "c", &err));
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_null(found); /* who is let in again signs in again */
    assert_fails(account_get(db(), 999999, world.arena, &account, &err), NOT_FOUND);
}

static void sign_in_is_limited_by_account_and_by_address(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    for (int i = 0; i < 10; i++)
        assert_fails(sign_in(who->login, "wrong password", "d", &err), UNAUTHORIZED);
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "d", &err), RATE_LIMITED);
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "d2", &err)); /* nobody is locked out elsewhere */
    world_run("UPDATE rate_limit SET started_at = started_at - interval '16 minutes'");
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "d", &err));
    world_run(arena_printf(world.arena,
                           "INSERT INTO rate_limit VALUES ('sign-in as:%s', now(), 500)"
                           " ON CONFLICT (key) DO UPDATE SET started_at = now(), used = 500",
                           who->login));
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "d3", &err), RATE_LIMITED);
    world_run("UPDATE rate_limit SET started_at = started_at - interval '16 minutes'");

    world_run("INSERT INTO rate_limit VALUES ('sign-in from:e', now(), 100)");
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "e", &err), RATE_LIMITED);
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "f", &err));
}

/* Or the eleventh attempt, in another spelling, would tell whether somebody has the login. */
static void other_spellings_are_counted_together_for_everyone(void **state)
{
    (void)state;
    struct account *account;
    struct account_request request = { .login = "Ada_Lovelace", .password = WORLD_PASSWORD };
    assert_ok(people_add(db(), &request, world.arena, &account, &err));
    static const char *const spellings[][2] = { { "Ada_Lovelace", "ada.LOVELACE" },
                                                { "Nobody_Here", "nobody.HERE" } };
    for (size_t i = 0; i < COUNT(spellings); i++) {
        for (int j = 0; j < 10; j++)
            assert_fails(sign_in(spellings[i][0], "wrong", "k", &err), UNAUTHORIZED);
        assert_fails(sign_in(spellings[i][1], "wrong", "k", &err), RATE_LIMITED);
        assert_fails(sign_in(spellings[i][1], "wrong", "l", &err), UNAUTHORIZED);
    }
    assert_ok(sign_in("ADA-lovelace", WORLD_PASSWORD, "l", &err));
    assert_fails(sign_in("ada lovelace", WORLD_PASSWORD, "l", &err), UNAUTHORIZED);
}

static void addresses_of_one_network_are_one(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "192.0.2.7", "192.0.2.7" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
        { "2001:db8:1:2::", "2001:db8:1:2::/64" },
        { "2001:db8:1:3::1", "2001:db8:1:3::/64" },
        { "::1", "::/64" },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "::ffff:c000:207", "192.0.2.7" },
        { "::192.0.2.7", "::/64" },
        { "unix", "unix" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[LIMIT_ADDRESS_TEXT];
        limit_address(cases[i][0], out);
        assert_string_equal(out, cases[i][1]);
    }
    world_run("INSERT INTO rate_limit VALUES ('sign-in from:2001:db8:9:9::/64', now(), 100)");
    const struct principal *who = world_person(false);
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "2001:db8:9:9::77", &err), RATE_LIMITED);
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "2001:db8:9:a::77", &err));
}

static void a_limit_tells_how_long_to_wait(void **state)
{
    (void)state;
    const struct limit limit = { "test", 2, 60 };
    int64_t wait = 0;
    struct error failure;
    assert_ok(limit_take(db(), &limit, "who", NULL, &err));
    assert_ok(limit_take(db(), &limit, "who", NULL, &err));
    assert_false(limit_take(db(), &limit, "who", &wait, &failure));
    assert_in_range(wait, 1, 60);
    assert_int_equal(failure.retry_s, wait);
    assert_non_null(strstr(failure.hint, "seconds"));
    assert_ok(limit_take(db(), &limit, "other", NULL, &err));
    assert_ok(limit_return(db(), &limit, "who", &err));
    assert_ok(limit_return(db(), &limit, "who", &err));
    assert_ok(limit_take(db(), &limit, "who", NULL, &err));
    assert_ok(limit_forget(db(), &limit, "who", &err));
    assert_ok(limit_take(db(), &limit, "who", NULL, &err));
}

/* Or a login would be shut for as long as the clock was ahead. */
static void a_clock_that_is_set_back_locks_nobody_out(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    struct error limited;
    world_run("INSERT INTO rate_limit VALUES"
              " ('sign-in from:m', now() + interval '1 year', 100),"
              " ('sign-in from:n', now() + interval '1 minute', 100),"
              " ('sign-in from:o', now() + interval '1 year', 100)");
    assert_ok(sign_in(who->login, WORLD_PASSWORD, "m", &err));
    assert_false(sign_in(who->login, WORLD_PASSWORD, "n", &limited));
    assert_int_equal(limited.kind, ERROR_RATE_LIMITED);
    assert_in_range(limited.retry_s, 1, 960);
    assert_ok(auth_sweep(db(), &err));
    world_run("DO $$ BEGIN ASSERT (SELECT array_agg(key ORDER BY key) FROM rate_limit"
              " WHERE key ~ '^sign-in from:[mno]$') = '{sign-in from:m,sign-in from:n}';"
              " END $$");
}

static void sessions_end_by_themselves(void **state)
{
    (void)state;
    const struct principal *who = world_person(true);
    struct session session;
    struct principal *found;
    assert_ok(session_start(db(), account_of(who), "g", &session, &err));
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_non_null(found);
    assert_true(found->is_admin && found->scopes == SCOPE_ALL);
    assert_string_equal(found->csrf, session.csrf);

    world_run("UPDATE session SET last_seen_at = now() - interval '6 days'");
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_non_null(found); /* and now it was seen */
    world_run("UPDATE session SET created_at = now() - interval '20 days' WHERE "
              "last_seen_at > now() - interval '1 hour'");
    assert_ok(auth_sweep(db(), &err));
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_non_null(found);
    world_run("UPDATE session SET last_seen_at = now() - interval '8 days'");
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_null(found);
    assert_ok(session_find(db(), "short", world.arena, &found, &err));
    assert_null(found);
    assert_ok(auth_sweep(db(), &err));
    assert_ok(session_end(db(), who->session_id, &err));
}

static void a_token_stands_for_its_account_until_it_ends(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    const char *scopes[] = { "read", "publish" }, *document, *more[] = { "org" };
    struct list names = { scopes, 2 }, wider = { more, 1 };
    struct token_issue request = { "ci", &names, 7, "h" };
    char text[TOKEN_TEXT], other[TOKEN_TEXT];
    struct principal *found;
    assert_ok(token_issue(db(), who, &request, world.arena, text, &document, &err));
    assert_null(strstr(document, text));
    assert_ok(token_find(db(), text, world.arena, &found, &err));
    assert_non_null(found);
    assert_int_equal(found->scopes, SCOPE_READ | SCOPE_PUBLISH);
    assert_true(principal_may(found, SCOPE_READ) && !principal_may(found, SCOPE_ORG));
    assert_int_equal(principal_viewer(found), who->account_id);

    struct token_issue greedy = { "more", &wider, 0, "h" };
    assert_fails(token_issue(db(), found, &greedy, world.arena, other, &document, &err), DENIED);
    request.expires_in_days = -1;
    assert_fails(token_issue(db(), who, &request, world.arena, other, &document, &err), INVALID);
    request.expires_in_days = 0;
    request.name = "";
    assert_fails(token_issue(db(), who, &request, world.arena, other, &document, &err), INVALID);

    assert_fails(token_revoke(db(), world_person(false), found->token_id, "h", &err), NOT_FOUND);
    assert_fails(token_revoke(db(), who, "no uuid", "h", &err), NOT_FOUND);
    world_run(
        "UPDATE token SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'");
    assert_ok(token_find(db(), text, world.arena, &found, &err));
    assert_null(found);
    token_make(other);
    assert_ok(token_find(db(), other, world.arena, &found, &err));
    assert_null(found);
    assert_ok(token_find(db(), "nono_bad", world.arena, &found, &err));
    assert_null(found);
}

static bool set_password(const struct account *account, const char *password, int64_t session,
                         struct password_changed *out, struct error *err)
{
    struct password_change change = {
        .account = account, .password = password, .keep_session = session, .ip = "i"
    };
    return people_set_password(db(), &change, out, err);
}

static void a_new_password_ends_sessions_and_is_checked(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    struct session session;
    struct principal *found;
    struct password_changed changed;
    assert_ok(session_start(db(), account_of(who), "i", &session, &err));
    assert_fails(set_password(account_of(who), "short", 0, &changed, &err), INVALID);
    assert_ok(set_password(account_of(who), "another password", 0, &changed, &err));
    assert_int_equal(changed.sessions_ended, 2);
    assert_ok(session_find(db(), session.cookie, world.arena, &found, &err));
    assert_null(found);
    assert_fails(sign_in(who->login, WORLD_PASSWORD, "i", &err), UNAUTHORIZED);
    assert_ok(sign_in(who->login, "another password", "i", &err));
}

/* What was on its way with the old password when it went: each step comes too late. */
static void what_the_old_password_began_does_not_end_well(void **state)
{
    (void)state;
    struct account *old = account_of(world_person(false));
    const struct principal *mine = world_session(old), *other = world_session(old);
    struct password_changed changed;
    struct session session;
    const char *scopes[] = { "read" }, *document;
    struct list names = { scopes, 1 };
    struct token_issue token = { "late", &names, 7, "i" };
    char text[TOKEN_TEXT];
    assert_ok(token_issue(db(), other, &token, world.arena, text, &document, &err));
    assert_ok(set_password(old, "another password", mine->session_id, &changed, &err));
    assert_int_equal(changed.sessions_ended, 2);

    assert_fails(session_start(db(), old, "i", &session, &err), UNAUTHORIZED);
    assert_fails(set_password(old, "a third password", mine->session_id, &changed, &err),
                 UNAUTHORIZED);
    assert_fails(token_issue(db(), other, &token, world.arena, text, &document, &err),
                 UNAUTHORIZED);
    assert_ok(token_issue(db(), mine, &token, world.arena, text, &document, &err));
    assert_ok(session_start(db(), account_of(mine), "i", &session, &err));
}

static void tokens_stay_or_go_with_a_password_as_is_asked(void **state)
{
    (void)state;
    const struct principal *who = world_person(false), *stranger = world_person(false);
    const char *scopes[] = { "account" }, *document;
    struct list names = { scopes, 1 };
    struct token_issue token = { "ci", &names, 7, "i" };
    char text[2][TOKEN_TEXT], others[TOKEN_TEXT];
    struct principal *found;
    struct password_changed changed;
    for (size_t i = 0; i < 2; i++)
        assert_ok(token_issue(db(), who, &token, world.arena, text[i], &document, &err));
    assert_ok(token_issue(db(), stranger, &token, world.arena, others, &document, &err));

    struct password_change change = { .account = account_of(who), .password = "another password" };
    assert_ok(people_set_password(db(), &change, &changed, &err));
    assert_int_equal(changed.tokens_revoked, 0);
    assert_int_equal(changed.tokens_left, 2);
    assert_ok(token_find(db(), text[1], world.arena, &found, &err));
    assert_non_null(found);

    change.revoke_tokens = true;
    assert_ok(people_set_password(db(), &change, &changed, &err));
    assert_int_equal(changed.tokens_revoked, 2);
    assert_int_equal(changed.tokens_left, 0);
    assert_fails(token_issue(db(), found, &token, world.arena, others, &document, &err),
                 UNAUTHORIZED); /* a request of it that is under way */
    for (size_t i = 0; i < 2; i++) {
        assert_ok(token_find(db(), text[i], world.arena, &found, &err));
        assert_null(found);
    }
    assert_ok(token_find(db(), others, world.arena, &found, &err));
    assert_non_null(found);
}

static void who_set_a_password_is_in_the_audit_trail(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    struct password_changed changed;
    const int64_t sessions[] = { who->session_id, 0 };
    for (size_t i = 0; i < COUNT(sessions); i++) {
        assert_ok(set_password(account_of(who), "another password", sessions[i], &changed, &err));
        world_run(arena_printf(world.arena,
                               "DO $$ BEGIN ASSERT (SELECT actor = '%s' AND ip = 'i'"
                               " FROM audit_event ORDER BY number DESC LIMIT 1); END $$",
                               sessions[i] ? who->login : "system"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_servers_that_start_at_once_one_makes_the_first_account),
        cmocka_unit_test(the_first_administrator_is_made_once),
        cmocka_unit_test(logins_are_plain_names_and_unique),
        cmocka_unit_test(nobody_and_the_wrong_password_sound_alike),
        cmocka_unit_test(a_disabled_account_counts_for_nothing),
        cmocka_unit_test(sign_in_is_limited_by_account_and_by_address),
        cmocka_unit_test(other_spellings_are_counted_together_for_everyone),
        cmocka_unit_test(addresses_of_one_network_are_one),
        cmocka_unit_test(a_limit_tells_how_long_to_wait),
        cmocka_unit_test(a_clock_that_is_set_back_locks_nobody_out),
        cmocka_unit_test(sessions_end_by_themselves),
        cmocka_unit_test(a_token_stands_for_its_account_until_it_ends),
        cmocka_unit_test(a_new_password_ends_sessions_and_is_checked),
        cmocka_unit_test(what_the_old_password_began_does_not_end_well),
        cmocka_unit_test(tokens_stay_or_go_with_a_password_as_is_asked),
        cmocka_unit_test(who_set_a_password_is_in_the_audit_trail),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
