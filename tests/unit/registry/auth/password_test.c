#include "tests/support/test.h"

#include <string.h>

#include "registry/auth/password.h"

static void a_password_is_long_enough_and_not_the_login(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "short", "ninechars", "Administrator",
                                       "not \xff utf-8 at all" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err;
        assert_false(password_check(bad[i], "administrator", &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, "password");
    }
    char longest[PASSWORD_MAX_CHARS + 2];
    memset(longest, 'x', sizeof(longest));
    longest[PASSWORD_MAX_CHARS + 1] = '\0';
    assert_fails(password_check(longest, "administrator", &err), INVALID);
    longest[PASSWORD_MAX_CHARS] = '\0';
    assert_ok(password_check(longest, "administrator", &err));
    assert_ok(password_check("ten chars!", "administrator", &err));
    /* characters, not bytes */
    assert_fails(password_check("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "a", &err), INVALID);
}

static void a_hash_knows_its_password_alone(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
    assert_ok(password_hash("correct horse", hash, &err));
    assert_ok(password_hash("correct horse", again, &err));
    assert_string_not_equal(hash, again); /* the salt differs */
    assert_memory_equal(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_true(password_verify(hash, "correct horse"));
    assert_false(password_verify(hash, "correct horse "));
    assert_false(password_verify(hash, ""));
    assert_false(password_verify("$argon2id$nonsense", "correct horse"));
}

static void nobody_has_no_password(void **state)
{
    (void)state;
    assert_false(password_verify(NULL, ""));
    assert_false(password_verify(NULL, "anything"));
    char huge[4 * PASSWORD_MAX_CHARS + 2];
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    assert_false(password_verify(NULL, huge));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_long_enough_and_not_the_login),
        cmocka_unit_test(a_hash_knows_its_password_alone),
        cmocka_unit_test(nobody_has_no_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
