#include "tests/support/test.h"

#include <stdlib.h>

#include "lib/base/record.h"
#include "lib/base/xdg.h"

/* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
static void folder_follows_the_variable_or_home(void **state)
{
    (void)state;
    static const struct {
        enum xdg which;
        const char *variable, *value, *expected;
    } cases[] = {
        { XDG_CONFIG, "XDG_CONFIG_HOME", NULL, "/home/u/.config/nono" },
        { XDG_DATA, "XDG_DATA_HOME", NULL, "/home/u/.local/share/nono" },
        { XDG_STATE, "XDG_STATE_HOME", NULL, "/home/u/.local/state/nono" },
        { XDG_STATE, "XDG_STATE_HOME", "/s", "/s/nono" },
        { XDG_STATE, "XDG_STATE_HOME", "/s/", "/s/nono" },
        { XDG_STATE, "XDG_STATE_HOME", "", "/home/u/.local/state/nono" },
        { XDG_CACHE, "XDG_CACHE_HOME", "relative", "/home/u/.cache/nono" },
    };
    (void)setenv("HOME", "/home/u", 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *path = NULL;
        (void)unsetenv(cases[i].variable);
        if (cases[i].value)
            (void)setenv(cases[i].variable, cases[i].value, 1);
        assert_ok(xdg_folder(cases[i].which, arena, &path, &err));
        assert_string_equal(path, cases[i].expected);
        (void)unsetenv(cases[i].variable);
    }
}

static void folder_needs_an_absolute_home(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = NULL;
    (void)setenv("HOME", "home", 1);
    assert_fails(xdg_folder(XDG_STATE, arena, &path, &err), INVALID);
    (void)unsetenv("HOME");
    assert_fails(xdg_folder(XDG_STATE, arena, &path, &err), INVALID);
    (void)setenv("XDG_STATE_HOME", "/s", 1); /* which then does not matter */
    assert_ok(xdg_folder(XDG_STATE, arena, &path, &err));
}

/* NOLINTEND(concurrency-mt-unsafe) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_follows_the_variable_or_home),
        cmocka_unit_test(folder_needs_an_absolute_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
