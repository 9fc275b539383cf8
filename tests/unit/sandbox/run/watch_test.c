/* USES sandbox/platform sandbox/linux sandbox/policy sandbox/audit */
/* The supervisor, when it fails itself. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "sandbox/audit/log.h"
#include "sandbox/policy/caps.h"
#include "sandbox/run/run.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-watch-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    return chdir("/") == 0 && tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

/* When the program is as far as it goes, there is nothing more to wait with. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct stat st;
    (void)fds;
    (void)count;
    (void)timeout_ms;
    for (int i = 0; i < 3000 && stat("ready", &st) < 0; i++)
        (void)usleep(10000);
    errno = EIO;
    return -1;
}

static struct confinement *confinement_make(struct nono_caps *caps)
{
    static const char *const system[] = { "/usr", "/bin", "/lib", "/lib64", "/etc", "/proc" };
    struct confinement *made = NULL;
    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
        assert_ok(
            caps_allow(caps, system[i], NONO_READ | NONO_EXECUTE, NONO_OPTIONAL, "test", &err));
    assert_ok(caps_allow(caps, folder, NONO_READ | NONO_WRITE, 0, "test", &err));
    assert_ok(
        confine_prepare(caps, &(struct confine_options){ .has_supervisor = true }, &made, &err));
    return made;
}

static pid_t pid_read(const char *name)
{
    char text[32] = "";
    CLEANUP(closep) int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
    return (pid_t)strtol(text, NULL, 10);
}

static void a_run_that_cannot_be_watched_is_ended_whole_and_on_record(void **state)
{
    (void)state;
    static const char *const argv[] = {
        "sh", "-c", "setsid sleep 300 & echo $! > left; echo $$ > program; mkdir ready; wait", NULL
    };
    static const char *const envp[] = { "PATH=/usr/bin:/bin", NULL };
    const struct audit_start start = { .command = argv, .profile = "p" };
    CLEANUP(audit_freep) struct audit *audit = NULL;
    CLEANUP(caps_freep) struct nono_caps *caps = caps_new();
    CLEANUP(confine_freep) struct confinement *confinement = confinement_make(caps);
    assert_ok(audit_open(folder, &audit, &err));
    struct run_spec spec = {
        .confinement = confinement,
        .program = "/bin/sh",
        .argv = argv,
        .envp = envp,
        .audit = audit,
        .start = &start,
    };
    struct error why;
    int status = 0, signal = 0;
    assert_false(run_watch(&spec, &status, &signal, &why));
    assert_int_equal(why.sys, EIO);
    assert_int_equal(status, RUN_EXIT_SETUP);
    assert_int_equal(kill(pid_read("program"), 0), -1);
    assert_int_equal(kill(pid_read("left"), 0), -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);

    struct audit_report report;
    assert_ok(audit_verify(folder, audit_id(audit), NULL, NULL, &report, &err));
    assert_int_equal(report.state, AUDIT_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_cannot_be_watched_is_ended_whole_and_on_record),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
