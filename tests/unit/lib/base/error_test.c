#include "tests/support/test.h"

#include "lib/base/error.h"

static void a_name_is_put_in_front_of_what_does_not_have_it(void **state)
{
    static const struct {
        const char *message, *expected;
    } cases[] = {
        { "it is older", "a/web: it is older" },
        { "a/web-extra is older", "a/web: a/web-extra is older" },
        { "/home/a/web is no folder", "a/web: /home/a/web is no folder" },
        { "a/web: it is older", "a/web: it is older" },
        { "a/web@1.0.0 is older", "a/web@1.0.0 is older" },
        { "every version of a/web is yanked", "every version of a/web is yanked" },
        { "there is no a/web", "there is no a/web" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct error err;
        error_set(&err, DENIED, "%s", cases[i].message);
        assert_false(error_name(&err, "a/web"));
        assert_string_equal(err.message, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_put_in_front_of_what_does_not_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
