/* USES sandbox/platform sandbox/linux sandbox/policy sandbox/audit */
/* The end of a run, when what the program has left can be ended and when it cannot. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "sandbox/audit/log.h"
#include "sandbox/policy/caps.h"
#include "sandbox/run/children.h"
#include "sandbox/run/run.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-sweep-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 && mkdir("tree", 0700) == 0 ? 0 : -1;
}

static int folder_remove(void **state)
{
    struct error err;
    (void)state;
    return chdir("/") == 0 && tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

static struct audit *audit;
static size_t left;    /* what the next sweep says that it leaves */
static bool on_record; /* whether the end was, when the sweep began */
static bool was_held;  /* whether the placeholder was there then */

size_t __wrap_children_end_all(const struct children *spared);
size_t __wrap_children_end_all(const struct children *spared)
{
    (void)spared;
    struct stat st;
    struct error err;
    struct audit_report report;
    was_held = lstat("tree/denied", &st) == 0;
    on_record = audit_verify(folder, audit_id(audit), NULL, NULL, &report, &err) &&
                report.state == AUDIT_CLOSED;
    (void)kill(getpid(), SIGTERM); /* as somebody who has waited long enough */
    return left;
}

static struct nono_caps *caps_make(void)
{
    static const char *const system[] = { "/usr", "/bin", "/lib", "/lib64", "/etc" };
    struct nono_caps *caps = caps_new();
    char path[128];
    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
        assert_ok(
            caps_allow(caps, system[i], NONO_READ | NONO_EXECUTE, NONO_OPTIONAL, "test", &err));
    (void)snprintf(path, sizeof(path), "%s/tree", folder);
    assert_ok(caps_allow(caps, path, NONO_READ | NONO_WRITE, 0, "test", &err));
    (void)snprintf(path, sizeof(path), "%s/tree/denied", folder);
    assert_ok(caps_deny(caps, path, NONO_READ | NONO_WRITE, "test", &err));
    return caps;
}

/* A run that ends with status 7, its standard error in the file "said". */
static void run_end(void)
{
    static const char *const argv[] = { "sh", "-c", "exit 7", NULL };
    static const char *const envp[] = { "PATH=/usr/bin:/bin", NULL };
    const struct audit_start start = { .command = argv, .profile = "p" };
    CLEANUP(caps_freep) struct nono_caps *caps = caps_make();
    CLEANUP(confine_freep) struct confinement *confinement = NULL;
    assert_ok(confine_prepare(caps, &(struct confine_options){ .has_supervisor = true },
                              &confinement, &err));
    assert_ok(audit_open(folder, &audit, &err));
    struct run_spec spec = {
        .confinement = confinement,
        .program = "/bin/sh",
        .argv = argv,
        .envp = envp,
        .audit = audit,
        .start = &start,
    };
    int status = 0, signal = 0, before = dup(STDERR_FILENO);
    CLEANUP(closep) int said = open("said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(said >= 0 && dup2(said, STDERR_FILENO) >= 0);
    bool ok = run_watch(&spec, &status, &signal, &(struct error){ 0 });
    assert_true(dup2(before, STDERR_FILENO) >= 0 && close(before) == 0);
    assert_true(ok);
    assert_int_equal(status, 7);
    assert_int_equal(signal, 0);
    assert_true(was_held && on_record);
    audit_free(audit);
    if (left) {
        struct stat st;
        assert_int_equal(lstat("tree/denied", &st), 0); /* for what goes on */
    }
}

/* What was said from "nono:" on, or NULL: a build that counts coverage has its say in the child. */
static const char *said(void)
{
    static char text[256 * 1024];
    CLEANUP(closep) int fd = open("said", O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    return strstr(text, "nono:");
}

static void what_goes_on_is_told_and_held_and_is_not_the_status(void **state)
{
    (void)state;
    left = 3;
    run_end();
    const char *told = said();
    assert_true(told && strstr(told, "3 or more may go on"));
}

static void nothing_left_is_nothing_to_tell(void **state)
{
    struct stat st;
    (void)state;
    left = 0;
    run_end();
    assert_null(said());
    assert_int_equal(lstat("tree/denied", &st), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_on_is_told_and_held_and_is_not_the_status),
        cmocka_unit_test(nothing_left_is_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
