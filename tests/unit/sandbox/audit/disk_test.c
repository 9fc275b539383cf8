/* A record whose disk is full, or broken. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/files.h"
#include "sandbox/audit/audit.h"
#include "sandbox/audit/log.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nono-audit-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    return tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

static const char *const command[] = { "true", NULL };
static const struct audit_start start = { .command = command, .profile = "p", .pid = 7 };

/* A full disk, as a limit on the size of files: the record keeps its whole lines. */
static void an_event_that_does_not_fit_leaves_the_record_whole(void **state)
{
    (void)state;
    CLEANUP(audit_freep) struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    assert_ok(audit_start(audit, &start, &err));
    char path[128];
    snprintf(path, sizeof(path), "%s/audit/%s.jsonl", folder, audit_id(audit));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);

    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)st.st_size + 10;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_fails(audit_event(audit, "big", NULL, &err), INTERNAL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

    assert_ok(audit_event(audit, "fits", NULL, &err));
    assert_ok(audit_end(audit, 0, 0, &err));
    struct audit_report report;
    assert_ok(audit_verify(folder, audit_id(audit), NULL, NULL, &report, &err));
    assert_int_equal(report.state, AUDIT_CLOSED);
    assert_int_equal(report.events, 3);
}

/* From here on this process's fdatasync fails, as it does on a disk that is broken. */
static void disk_break(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { .len = COUNT(code), .filter = code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(3);
}

/* A power failure during a run leaves that it began: the start waits for the disk, as the end does.
 */
static void a_start_or_an_end_that_the_disk_does_not_take_fails(void **state)
{
    (void)state;
    for (int start_first = 0; start_first <= 1; start_first++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct audit *audit;
            struct error err;
            bool ok = audit_open(folder, &audit, &err) &&
                      (!start_first || audit_start(audit, &start, &err));
            disk_break();
            ok = ok &&
                 !(start_first ? audit_end(audit, 0, 0, &err) : audit_start(audit, &start, &err));
            _exit(ok && err.sys == EIO ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(an_event_that_does_not_fit_leaves_the_record_whole),
        CASE(a_start_or_an_end_that_the_disk_does_not_take_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
