#include "tests/support/test.h"

#include <stdlib.h>

#include "lib/base/env.h"

/* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
static void a_variable_is_found_as_getenv_finds_it(void **state)
{
    (void)state;
    static const char *const names[] = { "NONO_ONE", "NONO_ON", "NONO_ONES", "NONO_EMPTY",
                                         "ONO_ONE",  "NONO_",   "HOME",      "NONO_ABSENT" };
    assert_int_equal(setenv("NONO_ONE", "1=2", 1), 0);
    assert_int_equal(setenv("NONO_ONES", "many", 1), 0);
    assert_int_equal(setenv("NONO_EMPTY", "", 1), 0);
    assert_string_equal(env_get("NONO_ONE"), "1=2");
    assert_string_equal(env_get("NONO_EMPTY"), "");
    assert_null(env_get("NONO_ABSENT"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_ptr_equal(env_get(names[i]), getenv(names[i]));
}

static void none_is_found_where_there_is_no_environment(void **state)
{
    (void)state;
    assert_int_equal(clearenv(), 0);
    assert_null(env_get("HOME"));
}
/* NOLINTEND(concurrency-mt-unsafe) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_found_as_getenv_finds_it),
        cmocka_unit_test(none_is_found_where_there_is_no_environment),
    };
    return cmocka_run_group_tests_name("lib/base/env", tests, NULL, NULL);
}
