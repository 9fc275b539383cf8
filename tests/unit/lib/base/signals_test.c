#include "tests/support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/signals.h"

static void (*disposition(void))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(SIGCHLD, NULL, &action), 0);
    return action.sa_handler;
}

static void children_are_waited_for_though_their_ends_were_ignored(void **state)
{
    (void)state;
    (void)signal(SIGCHLD, SIG_IGN);
    signals_begin();
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 3);
    signals_hand_on();
    assert_true(disposition() == SIG_IGN);
}

static void what_was_not_ignored_stays_so(void **state)
{
    (void)state;
    (void)signal(SIGCHLD, SIG_DFL);
    signals_begin();
    signals_hand_on();
    assert_true(disposition() == SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_waited_for_though_their_ends_were_ignored),
        cmocka_unit_test(what_was_not_ignored_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
