/* What is left of a program: that it is ended, and what cannot be ended does not hold up. */
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "sandbox/run/children.h"

/* Children that no signal ends, and a clock that a look at it moves on. */
static bool unkillable;

int __real_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal)
{
    return unkillable ? 0 : __real_kill(pid, signal);
}

int64_t __real_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void)
{
    static int64_t ahead;
    ahead += unkillable ? CLOCK_SECOND : 0;
    return __real_clock_monotonic_us() + ahead;
}

static int supervisor_be(void **state)
{
    sigset_t set;
    (void)state;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    return pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0
               ? 0
               : -1;
}

static pid_t sleeper_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    return pid;
}

static void all_generations_are_ended_but_who_was_there_before(void **state)
{
    (void)state;
    pid_t before = sleeper_start();
    CLEANUP(children_clear) struct children spared;
    children_list(&spared);
    assert_int_equal(spared.count, 1);

    pid_t parent = fork();
    if (parent == 0) {
        for (int i = 0; i < 3; i++)
            (void)sleeper_start();
        (void)pause();
        _exit(0);
    }
    (void)sleeper_start();
    assert_int_equal(children_end_all(&spared), 0);

    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* one is left */
    assert_int_equal(kill(before, SIGKILL), 0);
    assert_int_equal(waitpid(before, NULL, 0), before);
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
}

static pid_t ended_start(void)
{
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pid;
}

static void orphans_are_reaped_though_one_that_is_spared_has_ended(void **state)
{
    (void)state;
    pid_t before = ended_start();
    struct children spared = { .pids = &before, .count = 1 };
    pid_t program = ended_start(), orphan = ended_start();
    children_reap(&spared, program, 0);
    assert_int_equal(waitpid(orphan, NULL, WNOHANG), -1);
    assert_int_equal(waitpid(before, NULL, WNOHANG), before);
    assert_int_equal(waitpid(program, NULL, WNOHANG), program);
}

static void what_cannot_be_ended_is_counted_and_let_go(void **state)
{
    (void)state;
    const struct children none = { 0 };
    (void)sleeper_start();
    (void)sleeper_start();
    unkillable = true;
    assert_int_equal(children_end_all(&none), 2);
    unkillable = false;
    assert_int_equal(children_end_all(&none), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void what_has_ended_is_reaped_but_for_whom_others_wait(void **state)
{
    (void)state;
    const struct children none = { 0 };
    pid_t first = fork();
    if (first == 0)
        _exit(0);
    pid_t program = fork();
    if (program == 0)
        _exit(7);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(waitid(P_PID, (id_t)program, &info, WEXITED | WNOWAIT), 0);
    children_reap(&none, program, 0);
    assert_int_equal(waitpid(first, NULL, WNOHANG), -1);
    int status = 0;
    assert_int_equal(waitpid(program, &status, WNOHANG), program);
    assert_int_equal(WEXITSTATUS(status), 7);
    children_reap(&none, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_ended_is_reaped_but_for_whom_others_wait),
        cmocka_unit_test(all_generations_are_ended_but_who_was_there_before),
        cmocka_unit_test(orphans_are_reaped_though_one_that_is_spared_has_ended),
        cmocka_unit_test(what_cannot_be_ended_is_counted_and_let_go),
    };
    return cmocka_run_group_tests(tests, supervisor_be, NULL);
}
