/* USES registry/domain registry/db registry/blob lib/base */
#include <ctype.h>

#include "registry/auth/device.h"
#include "tests/support/world.h"

static struct device_codes begin(unsigned scopes)
{
    struct device_codes codes;
    struct device_request request = { "nono", scopes, "192.0.2.7" };
    assert_ok(device_start(world.registry.db, &request, world.arena, &codes, &err));
    return codes;
}

static enum device_state poll_state(const struct device_codes *codes, struct device_grant *grant)
{
    assert_ok(
        device_poll(world.registry.db, codes->device_code, "192.0.2.7", world.arena, grant, &err));
    return grant->state;
}

static bool decide(const struct principal *who, const char *code, bool approve, struct error *err)
{
    struct device_decision decision = { code, approve, "192.0.2.8" };
    return device_decide(world.registry.db, who, &decision, world.arena, err);
}

static void patience(void)
{
    world_run("UPDATE device_grant SET last_polled_at = last_polled_at - interval '5 minutes'");
}

static void an_approved_login_becomes_one_token(void **state)
{
    (void)state;
    struct device_codes codes = begin(SCOPE_READ | SCOPE_PUBLISH);
    struct device_grant grant;
    struct principal *found, *who = world_person(false);
    const char *document;
    assert_int_equal(poll_state(&codes, &grant), DEVICE_PENDING);
    assert_ok(device_show(world.registry.db, who, codes.user_code, world.arena, &document, &err));
    assert_non_null(strstr(document, "\"nono\""));
    assert_ok(decide(who, codes.user_code, true, &err));
    assert_fails(decide(who, codes.user_code, true, &err), NOT_FOUND);
    patience();
    assert_int_equal(poll_state(&codes, &grant), DEVICE_APPROVED);
    assert_string_equal(grant.scopes, "read publish");
    assert_ok(token_find(world.registry.db, grant.token, world.arena, &found, &err));
    assert_int_equal(found->account_id, who->account_id);
    patience();
    assert_int_equal(poll_state(&codes, &grant), DEVICE_EXPIRED);
}

static void polling_too_fast_makes_the_wait_longer(void **state)
{
    (void)state;
    struct device_codes codes = begin(SCOPE_READ);
    struct device_grant grant;
    assert_int_equal(poll_state(&codes, &grant), DEVICE_PENDING);
    assert_int_equal(poll_state(&codes, &grant), DEVICE_EARLY);
    assert_int_equal(poll_state(&codes, &grant), DEVICE_EARLY);
    world_run("DO $$ BEGIN ASSERT (SELECT max(interval_s) FROM device_grant) = 15; END $$");
    patience();
    assert_int_equal(poll_state(&codes, &grant), DEVICE_PENDING);
}

static void a_code_is_read_as_people_type_it(void **state)
{
    (void)state;
    struct device_codes codes = begin(SCOPE_READ);
    const struct principal *who = world_person(false);
    const char *document;
    char typed[16];
    (void)snprintf(typed, sizeof(typed), " %.4s%s", codes.user_code, codes.user_code + 5);
    for (char *at = typed; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    assert_ok(device_show(world.registry.db, who, typed, world.arena, &document, &err));
    static const char *const bad[] = { "", "BCDF", "BCDF-GHJKL", "AEIO-AEIO", "BCDF_GHJK" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_fails(device_show(world.registry.db, who, bad[i], world.arena, &document, &err),
                     NOT_FOUND);
        assert_fails(decide(who, bad[i], true, &err), NOT_FOUND);
    }
}

static void a_denied_or_late_login_is_none(void **state)
{
    (void)state;
    struct device_grant grant;
    const struct principal *who = world_person(false);
    struct device_codes denied = begin(SCOPE_READ), late = begin(SCOPE_READ);
    assert_ok(decide(who, denied.user_code, false, &err));
    assert_int_equal(poll_state(&denied, &grant), DEVICE_DENIED);
    world_run("UPDATE device_grant SET expires_at = now() WHERE decision IS NULL");
    assert_fails(decide(who, late.user_code, true, &err), NOT_FOUND);
    assert_int_equal(poll_state(&late, &grant), DEVICE_EXPIRED);
    memset(late.device_code, '0', DEVICE_CODE_TEXT - 1);
    assert_int_equal(poll_state(&late, &grant), DEVICE_EXPIRED);

    struct device_codes unfetched = begin(SCOPE_READ);
    assert_ok(decide(who, unfetched.user_code, true, &err));
    world_run("UPDATE device_grant SET expires_at = now() WHERE redeemed_at IS NULL");
    assert_int_equal(poll_state(&unfetched, &grant), DEVICE_EXPIRED);
    world_run("DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM device_grant WHERE redeemed_at"
              " IS NOT NULL AND redeemed_at >= expires_at); END $$");
}

/* Notes which of the letters stands at each place. */
static void letters_note(const char *code, const char *letters, unsigned *seen)
{
    for (size_t i = 0; code[i]; i++) {
        const char *found = strchr(letters, code[i]);
        if (code[i] != '-' && !found)
            fail_msg("an odd letter in %s", code);
        seen[i] |= found ? 1U << (found - letters) : 0;
    }
}

/* RFC 8628 sections 5.1 and 5.2. By chance alone this fails once in millions of runs. */
static void every_letter_of_a_code_is_chance(void **state)
{
    (void)state;
    static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ", digits[] = "0123456789abcdef";
    unsigned user[DEVICE_USER_TEXT] = { 0 }, device[DEVICE_CODE_TEXT] = { 0 };
    world_run("SET synchronous_commit = off"); /* nobody needs them after a crash */
    for (int i = 0; i < 400; i++) {
        struct device_codes codes;
        struct device_request request = { "nono", SCOPE_READ,
                                          arena_printf(world.arena, "198.51.%d.1", i) };
        assert_ok(device_start(world.registry.db, &request, world.arena, &codes, &err));
        assert_int_equal(strlen(codes.device_code), 64);
        letters_note(codes.user_code, letters, user);
        letters_note(codes.device_code, digits, device);
    }
    for (size_t i = 0; i < DEVICE_USER_TEXT - 1; i++)
        assert_int_equal(user[i], i == 4 ? 0 : (1U << 20) - 1);
    for (size_t i = 0; i < DEVICE_CODE_TEXT - 1; i++)
        assert_int_equal(device[i], (1U << 16) - 1);
}

static void a_disabled_account_redeems_nothing(void **state)
{
    (void)state;
    struct device_codes codes = begin(SCOPE_READ);
    struct device_grant grant;
    struct account *account;
    const struct principal *who = world_person(false);
    assert_ok(decide(who, codes.user_code, true, &err));
    assert_ok(account_get(world.registry.db, who->account_id, world.arena, &account, &err));
    assert_ok(people_set_disabled(world.registry.db, account, true, &err));
    assert_int_equal(poll_state(&codes, &grant), DEVICE_DENIED);
}

/* What the old password's sessions approved and nobody has redeemed is taken back, and no session
 * of it approves any more; the person's own other logins, and what others approved, stay. */
static void a_new_password_takes_approvals_back(void **state)
{
    (void)state;
    struct device_codes codes = begin(SCOPE_READ), late = begin(SCOPE_READ);
    struct device_codes redeemed = begin(SCOPE_READ), others = begin(SCOPE_READ);
    struct device_grant grant;
    struct account *account;
    const struct principal *who = world_person(false);
    struct password_changed changed;
    struct principal *found;
    assert_ok(decide(who, redeemed.user_code, true, &err));
    assert_int_equal(poll_state(&redeemed, &grant), DEVICE_APPROVED);
    assert_ok(decide(who, codes.user_code, true, &err));
    assert_ok(decide(world_person(false), others.user_code, true, &err));

    assert_ok(account_get(world.registry.db, who->account_id, world.arena, &account, &err));
    struct password_change change = { .account = account, .password = "another password" };
    assert_ok(people_set_password(world.registry.db, &change, &changed, &err));
    assert_int_equal(changed.devices_denied, 1);
    assert_ok(token_find(world.registry.db, grant.token, world.arena, &found, &err));
    assert_non_null(found);
    assert_int_equal(poll_state(&codes, &grant), DEVICE_DENIED);
    assert_fails(decide(who, late.user_code, true, &err), UNAUTHORIZED);
    assert_int_equal(poll_state(&late, &grant), DEVICE_PENDING);
    assert_int_equal(poll_state(&others, &grant), DEVICE_APPROVED);
}

static void guesses_and_beginnings_are_limited(void **state)
{
    (void)state;
    const struct principal *who = world_person(false);
    for (int i = 0; i < 20; i++)
        assert_fails(decide(who, "BBBB-BBBB", true, &err), NOT_FOUND);
    assert_fails(decide(who, "BBBB-BBBB", true, &err), RATE_LIMITED);

    /* one's own code in between does not make the guesses fewer */
    const struct principal *guesser = world_person(false);
    for (int i = 0; i < 19; i++)
        assert_fails(decide(guesser, "BBBB-BBBB", true, &err), NOT_FOUND);
    struct device_codes own = begin(SCOPE_READ);
    assert_ok(decide(guesser, own.user_code, true, &err));
    assert_fails(decide(guesser, "BBBB-BBBB", true, &err), NOT_FOUND);
    assert_fails(decide(guesser, "BBBB-BBBB", true, &err), RATE_LIMITED);
    world_run(
        "INSERT INTO rate_limit VALUES ('device login from:x', now(), 60), ('device poll from:x', now(), 2000)");
    struct device_codes codes;
    struct device_grant grant;
    struct device_request request = { "nono", SCOPE_READ, "x" };
    assert_fails(device_start(world.registry.db, &request, world.arena, &codes, &err),
                 RATE_LIMITED);
    assert_fails(device_poll(world.registry.db, "0", "x", world.arena, &grant, &err), RATE_LIMITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_login_becomes_one_token),
        cmocka_unit_test(polling_too_fast_makes_the_wait_longer),
        cmocka_unit_test(a_code_is_read_as_people_type_it),
        cmocka_unit_test(a_denied_or_late_login_is_none),
        cmocka_unit_test(every_letter_of_a_code_is_chance),
        cmocka_unit_test(a_disabled_account_redeems_nothing),
        cmocka_unit_test(a_new_password_takes_approvals_back),
        cmocka_unit_test(guesses_and_beginnings_are_limited),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
