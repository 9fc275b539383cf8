#include "tests/support/test.h"

#include <string.h>

#include "lib/base/random.h"

static void uuids_have_their_form(void **state)
{
    char first[UUID_TEXT], second[UUID_TEXT];
    (void)state;
    random_uuid(first);
    random_uuid(second);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), 36);
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        assert_true(dash ? first[i] == '-' : strchr("0123456789abcdef", first[i]) != NULL);
    }
    assert_int_equal(first[14], '4');
    assert_non_null(strchr("89ab", first[19]));
}

static void hex_is_as_long_as_it_should_be(void **state)
{
    static const size_t lengths[] = { 0, 2, 30, 32, 34, 64 };
    char text[65];
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        random_hex(text, lengths[i]);
        assert_int_equal(strspn(text, "0123456789abcdef"), lengths[i]);
        assert_int_equal(strlen(text), lengths[i]);
    }
}

static void secrets_are_equal_by_all_their_bytes(void **state)
{
    (void)state;
    assert_true(secret_equal("abc", "abc", 3));
    assert_false(secret_equal("abc", "abd", 3));
    assert_false(secret_equal("abc", "bbc", 3));
    assert_true(secret_equal("abc", "abd", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_have_their_form),
        cmocka_unit_test(hex_is_as_long_as_it_should_be),
        cmocka_unit_test(secrets_are_equal_by_all_their_bytes),
    };
    return cmocka_run_group_tests_name("lib/base/random", tests, NULL, NULL);
}
