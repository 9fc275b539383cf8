#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/signals.h"

static void (*disposition(int number))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(number, NULL, &action), 0);
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
    assert_true(disposition(SIGCHLD) == SIG_IGN);
}

static void what_was_not_ignored_stays_so(void **state)
{
    (void)state;
    (void)signal(SIGCHLD, SIG_DFL);
    signals_begin();
    signals_hand_on();
    assert_true(disposition(SIGCHLD) == SIG_DFL);
}

/* Of a program that this process becomes: what it ignores, by its own word. */
static bool is_ignored_after_exec(int number)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "kill -%d $$", number);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == number));
    return status == 0;
}

static void the_limit_of_files_is_no_end_and_is_handed_on_as_it_was(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_DFL);
    signals_begin();
    assert_int_equal(raise(SIGXFSZ), 0);
    assert_false(is_ignored_after_exec(SIGXFSZ));
    (void)signal(SIGXFSZ, SIG_IGN);
    signals_begin();
    assert_true(disposition(SIGXFSZ) == SIG_IGN);
    assert_true(is_ignored_after_exec(SIGXFSZ));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_waited_for_though_their_ends_were_ignored),
        cmocka_unit_test(what_was_not_ignored_stays_so),
        cmocka_unit_test(the_limit_of_files_is_no_end_and_is_handed_on_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
