#include "tests/support/test.h"

#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/ui/term.h"
#include "lib/base/limits.h"

/* What a terminal of so many columns gets of a progress line, behind what clears the one before. */
static const char *shown(const char *what, unsigned short columns, uint64_t total,
                         struct arena *arena)
{
    char text[256];
    const struct winsize size = { .ws_row = 24, .ws_col = columns };
    int primary, secondary, kept = dup(STDERR_FILENO);
    assert_int_equal(openpty(&primary, &secondary, NULL, NULL, &size), 0);
    assert_true(dup2(secondary, STDERR_FILENO) >= 0);
    struct ui_progress progress = { .what = what };
    ui_progress_show(&progress, 3 * MIB / 2, total);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t len = read(primary, text, sizeof(text));
    close(primary), close(secondary), close(kept);
    assert_true(len > 4 && memcmp(text, "\r\033[K", 4) == 0);
    return arena_strndup(arena, text + 4, (size_t)len - 4);
}

static void progress_fits_the_terminal(void **state)
{
    static const struct {
        const char *what;
        unsigned short columns;
        uint64_t total;
        const char *line;
    } cases[] = {
        { "pulling acme/web", 80, 3 * MIB, "pulling acme/web  1.5 MiB of 3.0 MiB" },
        { "pulling acme/web", 80, 0, "pulling acme/web  1.5 MiB" },
        { "pulling acme/web", 37, 3 * MIB, "pulling acme/web  1.5 MiB of 3.0 MiB" },
        { "pulling acme/web", 36, 3 * MIB, "pulling acme...  1.5 MiB of 3.0 MiB" },
        { "pulling acm\303\251/web", 36, 3 * MIB, "pulling acm\303\251...  1.5 MiB of 3.0 MiB" },
        { "pulling acme/web", 20, 3 * MIB, "pulling acme/web  1" },
    };
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(shown(cases[i].what, cases[i].columns, cases[i].total, arena),
                            cases[i].line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_fits_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
