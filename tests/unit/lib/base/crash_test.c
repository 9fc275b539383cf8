#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/record.h"

/* The signal that ended a child which came by a, b and a; 0 when it lived. */
static int child_of(const char *at)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("NONO_CRASH_AT", at, 1); /* NOLINT(concurrency-mt-unsafe) */
        crash_point("a");
        crash_point("b");
        crash_point("a");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void point_kills_at_the_named_arrival_alone(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        int signal;
    } cases[] = {
        { "a", SIGKILL }, { "a:1", SIGKILL }, { "a:2", SIGKILL }, { "b", SIGKILL },
        { "*", SIGKILL }, { "*:3", SIGKILL }, { "a:3", 0 },       { "b:2", 0 },
        { "*:4", 0 },     { "c", 0 },         { "", 0 },          { "ab", 0 },
        { "a:0", 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(child_of(cases[i].at), cases[i].signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(point_kills_at_the_named_arrival_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
