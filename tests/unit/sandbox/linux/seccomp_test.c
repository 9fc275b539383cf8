/* The filter, run here by a few lines of BPF, and then by the kernel in a child. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/record.h"
#include "sandbox/linux/seccomp.h"
#include "sandbox/linux/seccomp_rules.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif
#define DENY   (SECCOMP_RET_ERRNO | EPERM)
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

static bool compare(const struct sock_filter *at, unsigned accumulator)
{
    if (BPF_OP(at->code) == BPF_JEQ)
        return accumulator == at->k;
    return BPF_OP(at->code) == BPF_JGE ? accumulator >= at->k : (accumulator & at->k) != 0;
}

/* What the kernel would do with a call; *steps counts. */
static unsigned judge(const struct seccomp_program *program, const struct seccomp_data *data,
                      unsigned *steps)
{
    unsigned accumulator = 0;
    *steps = 0;
    for (size_t at = 0; at < program->len; at++, (*steps)++) {
        const struct sock_filter *code = &program->code[at];
        switch (BPF_CLASS(code->code)) {
        case BPF_LD:
            assert_true(code->k + sizeof(accumulator) <= sizeof(*data) && code->k % 4 == 0);
            memcpy(&accumulator, (const char *)data + code->k, sizeof(accumulator));
            break;
        case BPF_ALU:
            accumulator &= code->k;
            break;
        case BPF_JMP:
            at += BPF_OP(code->code) == BPF_JA ? code->k
                                               : (compare(code, accumulator) ? code->jt : code->jf);
            break;
        default:
            return code->k;
        }
    }
    fail_msg("the program runs off its end");
    return 0;
}

static unsigned call(const struct seccomp_options *options, int nr, const uint64_t args[4])
{
    static struct seccomp_program program;
    struct seccomp_data data = {
        .nr = nr,
        .arch = ARCH,
        .args = { args[0], args[1], args[2], args[3] },
    };
    unsigned steps;
    seccomp_build(options, &program);
    return judge(&program, &data, &steps);
}

static const struct seccomp_options closed = { .network = SECCOMP_NETWORK_CLOSED };
static const struct seccomp_options open_network = { .network = SECCOMP_NETWORK_OPEN };
static const struct seccomp_options inet = { .network = SECCOMP_NETWORK_INET };
static const struct seccomp_options lenient = { .network = SECCOMP_NETWORK_CLOSED,
                                                .unix_sockets = true,
                                                .system_v_ipc = true };

struct call_case {
    const struct seccomp_options *options;
    int nr;
    unsigned expected;
    uint64_t args[4];
};

static void cases_check(const struct call_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (call(cases[i].options, cases[i].nr, cases[i].args) != cases[i].expected)
            fail_msg("case %zu: system call %d", i, cases[i].nr);
}

static void calls_are_judged_as_the_table_says(void **state)
{
    (void)state;
    const struct call_case cases[] = {
        { &closed, SYS_read, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_openat, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, 500, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_bpf, DENY, { 0 } },
        { &closed, SYS_mount, DENY, { 0 } },
        { &closed, SYS_keyctl, DENY, { 0 } },
        { &closed, SYS_io_uring_setup, ABSENT, { 0 } },
        { &closed, SYS_clone3, ABSENT, { 0 } },
        { &closed, SYS_clone, SECCOMP_RET_ALLOW, { CLONE_VM | CLONE_THREAD } },
        { &closed, SYS_clone, DENY, { CLONE_VM | CLONE_NEWUSER } },
        { &closed, SYS_unshare, SECCOMP_RET_ALLOW, { CLONE_FILES } },
        { &closed, SYS_unshare, DENY, { CLONE_NEWNET } },
        { &closed, SYS_ioctl, SECCOMP_RET_ALLOW, { 0, TCGETS } },
        { &closed, SYS_ioctl, DENY, { 0, TIOCSTI } },
        { &closed, SYS_ioctl, DENY, { 0, (1ULL << 32) | TIOCSTI } }, /* the kernel drops the rest */
        { &closed, SYS_ioctl, DENY, { 0, 0x541C } },
        { &closed, SYS_personality, SECCOMP_RET_ALLOW, { 0xffffffff } },
        { &closed, SYS_personality, DENY, { 8 } },
        { &closed, SYS_mknodat, SECCOMP_RET_ALLOW, { 0, 0, S_IFIFO | 0600 } },
        { &closed, SYS_mknodat, DENY, { 0, 0, S_IFBLK | 0600 } },
        { &closed, SYS_prlimit64, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_prlimit64, DENY, { 1 } },
        { &closed, SYS_socket, DENY, { AF_INET, SOCK_STREAM } },
        { &closed, SYS_socket, DENY, { AF_UNIX, SOCK_STREAM } },
        { &closed, SYS_shmget, ABSENT, { 0 } },
        { &closed, SYS_mq_open, ABSENT, { 0 } },
        { &closed, SYS_mq_timedsend, ABSENT, { 0 } },
        { &lenient, SYS_mq_getsetattr, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_shmdt, ABSENT, { 0 } },
        { &lenient, SYS_shmdt, SECCOMP_RET_ALLOW, { 0 } },
        { &open_network, SYS_mq_unlink, ABSENT, { 0 } },
        { &lenient, SYS_mq_open, SECCOMP_RET_ALLOW, { 0 } },
        { &lenient, SYS_socket, SECCOMP_RET_ALLOW, { AF_UNIX } },
        { &lenient, SYS_socket, DENY, { AF_INET } },
        { &lenient, SYS_shmget, SECCOMP_RET_ALLOW, { 0 } },
        { &inet, SYS_socket, SECCOMP_RET_ALLOW, { AF_INET } },
        { &inet, SYS_socket, SECCOMP_RET_ALLOW, { AF_INET6 } },
        { &inet, SYS_socket, DENY, { AF_UNIX } },
        { &inet, SYS_socket, DENY, { AF_VSOCK } },
        { &inet, SYS_socket, DENY, { AF_ALG } },
        { &open_network, SYS_socket, SECCOMP_RET_ALLOW, { AF_INET } },
        { &open_network, SYS_socket, SECCOMP_RET_ALLOW, { AF_UNIX } },
        { &open_network, SYS_bpf, DENY, { 0 } },
    };
    cases_check(cases, COUNT(cases));
}

static void pairs_and_priorities_are_judged_by_their_arguments(void **state)
{
    (void)state;
    const struct call_case cases[] = {
        { &closed, SYS_socketpair, SECCOMP_RET_ALLOW, { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC } },
        { &closed, SYS_socketpair, SECCOMP_RET_ALLOW, { AF_UNIX, SOCK_SEQPACKET } },
        { &closed, SYS_socketpair, DENY, { AF_UNIX, SOCK_DGRAM } }, /* sends to any path */
        { &closed, SYS_socketpair, DENY, { AF_UNIX, SOCK_RAW | SOCK_NONBLOCK } }, /* the same */
        { &inet, SYS_socketpair, DENY, { AF_UNIX, SOCK_DGRAM } },
        { &lenient, SYS_socketpair, SECCOMP_RET_ALLOW, { AF_UNIX, SOCK_DGRAM } },
        { &open_network, SYS_socketpair, SECCOMP_RET_ALLOW, { AF_UNIX, SOCK_DGRAM } },
        { &closed, SYS_setpriority, SECCOMP_RET_ALLOW, { PRIO_PROCESS, 0, 5 } },
        { &closed, SYS_setpriority, DENY, { PRIO_PROCESS, 1, 5 } },
        { &closed, SYS_setpriority, DENY, { PRIO_USER, 0, 5 } },
        { &closed, SYS_ioprio_set, SECCOMP_RET_ALLOW, { 1, 0 } },
        { &closed, SYS_ioprio_set, DENY, { 3, 0 } },
        { &closed, SYS_sched_setscheduler, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_sched_setscheduler, DENY, { 1 } },
        { &closed, SYS_sched_setattr, DENY, { 1 } },
        { &closed, SYS_move_pages, DENY, { 1 } },
        { &closed, SYS_socketpair, DENY, { AF_TIPC } },
    };
    cases_check(cases, COUNT(cases));
}

/* The numbers are the kernel's, written out: those of the filter come from headers and sizes. */
static void trees_cannot_be_changed_past_landlock(void **state)
{
    (void)state;
    static const uint64_t refused[] = {
        0x50009401,              /* Btrfs: SNAP_CREATE */
        0x5000940e,              /* SUBVOL_CREATE */
        0x5000940f,              /* SNAP_DESTROY */
        0x50009417,              /* SNAP_CREATE_V2 */
        0x50009418,              /* SUBVOL_CREATE_V2 */
        0x5000943f,              /* SNAP_DESTROY_V2 */
        0x4008941a,              /* SUBVOL_SETFLAGS */
        0xc0c89425,              /* SET_RECEIVED_SUBVOL */
        0xc0c09425,              /* the same of 32-bit programs */
        0x40186f04,              /* OCFS2: REFLINK */
        0x4020bc10,              /* bcachefs: SUBVOLUME_CREATE */
        0x4020bc11,              /* SUBVOLUME_DESTROY */
        0x4030bc1d,              /* SUBVOLUME_CREATE_v2 */
        0x4030bc1e,              /* SUBVOLUME_DESTROY_v2 */
        0x150009401, 0x800c6613, /* FS_IOC_SET_ENCRYPTION_POLICY */
        0xc0506617,              /* FS_IOC_ADD_ENCRYPTION_KEY */
        0xc0406618,              /* FS_IOC_REMOVE_ENCRYPTION_KEY */
        0x40806685,              /* FS_IOC_ENABLE_VERITY */
    };
    static const uint64_t let_through[] = {
        FICLONE,    FICLONERANGE, FIDEDUPERANGE, BTRFS_IOC_SUBVOL_GETFLAGS,
        0x80086601, /* FS_IOC_GETFLAGS */
        0xc0096616, /* FS_IOC_GET_ENCRYPTION_POLICY_EX */
        0xc0046686, /* FS_IOC_MEASURE_VERITY */
    };
    const struct seccomp_options *const all[] = { &closed, &open_network, &inet, &lenient };
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t j = 0; j < COUNT(refused); j++)
            assert_int_equal(call(all[i], SYS_ioctl, (const uint64_t[4]){ 0, refused[j] }), DENY);
        for (size_t j = 0; j < COUNT(let_through); j++)
            assert_int_equal(call(all[i], SYS_ioctl, (const uint64_t[4]){ 0, let_through[j] }),
                             SECCOMP_RET_ALLOW);
    }
}

/* What a socket that came from outside, or was made before, could do unseen by Landlock. */
static void sockets_do_not_meet_others_unless_some_may_be_made(void **state)
{
    (void)state;
    const struct call_case cases[] = {
        { &closed, SYS_connect, DENY, { 0 } },
        { &closed, SYS_listen, DENY, { 0 } },
        { &closed, SYS_accept, DENY, { 0 } },
        { &closed, SYS_accept4, DENY, { 0 } },
        { &lenient, SYS_connect, SECCOMP_RET_ALLOW, { 0 } },
        { &lenient, SYS_accept4, SECCOMP_RET_ALLOW, { 0 } },
        { &inet, SYS_connect, SECCOMP_RET_ALLOW, { 0 } },
        { &inet, SYS_listen, SECCOMP_RET_ALLOW, { 0 } },
        { &open_network, SYS_connect, SECCOMP_RET_ALLOW, { 0 } },
        { &closed, SYS_sendto, SECCOMP_RET_ALLOW, { 0, 0, 0, MSG_NOSIGNAL } },
        { &closed, SYS_sendto, DENY, { 0, 0, 0, MSG_FASTOPEN | MSG_NOSIGNAL } },
        { &closed, SYS_sendmsg, SECCOMP_RET_ALLOW, { 0, 0, MSG_DONTWAIT, MSG_FASTOPEN } },
        { &closed, SYS_sendmsg, DENY, { 0, 0, MSG_FASTOPEN } },
        { &closed, SYS_sendmmsg, SECCOMP_RET_ALLOW, { 0, 0, MSG_FASTOPEN } }, /* a count */
        { &closed, SYS_sendmmsg, DENY, { 0, 0, 1, MSG_FASTOPEN } },
        { &lenient, SYS_sendto, DENY, { 0, 0, 0, MSG_FASTOPEN } },
        { &inet, SYS_sendto, SECCOMP_RET_ALLOW, { 0 } },
        { &inet, SYS_sendto, DENY, { 0, 0, 0, MSG_FASTOPEN } },
        { &inet, SYS_sendmsg, DENY, { 0, 0, MSG_FASTOPEN } },
        { &inet, SYS_sendmmsg, DENY, { 0, 0, 1, MSG_FASTOPEN } },
        { &open_network, SYS_sendto, SECCOMP_RET_ALLOW, { 0, 0, 0, MSG_FASTOPEN } },
        { &open_network, SYS_sendmsg, SECCOMP_RET_ALLOW, { 0, 0, MSG_FASTOPEN } },
    };
    cases_check(cases, COUNT(cases));
}

static void every_rule_of_the_table_is_in_the_program(void **state)
{
    (void)state;
    const uint64_t none[4] = { 0 };
    for (size_t i = 0; i < seccomp_rule_count; i++) {
        if (seccomp_rules[i].check == CHECK_DENY)
            assert_int_equal(call(&closed, (int)seccomp_rules[i].nr, none), DENY);
        else if (seccomp_rules[i].check == CHECK_ABSENT)
            assert_int_equal(call(&closed, (int)seccomp_rules[i].nr, none), ABSENT);
    }
}

static void other_architectures_end_the_process(void **state)
{
    (void)state;
    static struct seccomp_program program;
    unsigned steps;
    seccomp_build(&closed, &program);
    struct seccomp_data i386 = { .nr = 3, .arch = AUDIT_ARCH_I386 };
    struct seccomp_data x32 = { .nr = 0x40000000, .arch = ARCH };
    assert_int_equal(judge(&program, &i386, &steps), SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(judge(&program, &x32, &steps), SECCOMP_RET_KILL_PROCESS);
}

static void no_call_takes_many_steps(void **state)
{
    (void)state;
    static struct seccomp_program program;
    seccomp_build(&inet, &program);
    for (int nr = 0; nr < 600; nr++) {
        struct seccomp_data data = { .nr = nr, .arch = ARCH };
        unsigned steps;
        (void)judge(&program, &data, &steps);
        assert_true(steps < 40);
    }
}

static bool has_rule(unsigned nr)
{
    for (size_t i = 0; i < seccomp_rule_count; i++)
        if (seccomp_rules[i].nr == nr)
            return true;
    return false;
}

static void what_no_rule_names_is_allowed(void **state)
{
    (void)state;
    static const uint64_t none[4] = { 0 };
    for (unsigned nr = 0; nr < 600; nr++)
        if (!has_rule(nr))
            assert_int_equal(call(&closed, (int)nr, none), SECCOMP_RET_ALLOW);
}

/* The errno of a call; 0: it was done. */
static int ioctl_errno(int fd, unsigned long request)
{
    static const unsigned char argument[4096];
    return ioctl(fd, request, argument) < 0 ? errno : 0;
}

/* Whatever the file system: on one without subvolumes and clones the calls fail, but otherwise. */
static int folder_enforced(int folder, int before)
{
    if (ioctl_errno(folder, BTRFS_IOC_SUBVOL_CREATE) != EPERM ||
        ioctl_errno(folder, BTRFS_IOC_SNAP_DESTROY_V2) != EPERM ||
        ioctl_errno(folder, FS_IOC_SET_ENCRYPTION_POLICY) != EPERM)
        return 6;
    return ioctl_errno(folder, FICLONE) == before && before != EPERM ? 0 : 7;
}

static int enforced(void)
{
    static struct seccomp_program program;
    int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int before = ioctl_errno(folder, FICLONE);
    if (ioctl_errno(folder, BTRFS_IOC_SUBVOL_CREATE) == EPERM)
        return 8;
    seccomp_build(&closed, &program);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_enforce(&program) != 0)
        return 1;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 2;
    if (syscall(SYS_ioctl, 0, (1UL << 32) | TIOCSTI, "x") >= 0 || errno != EPERM)
        return 3;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 || errno != EPERM)
        return 5;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || send(pair[0], "x", 1, 0) != 1)
        return 4;
    return folder_enforced(folder, before);
}

static void the_kernel_takes_the_program(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(enforced());
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_judged_as_the_table_says),
        cmocka_unit_test(pairs_and_priorities_are_judged_by_their_arguments),
        cmocka_unit_test(trees_cannot_be_changed_past_landlock),
        cmocka_unit_test(sockets_do_not_meet_others_unless_some_may_be_made),
        cmocka_unit_test(every_rule_of_the_table_is_in_the_program),
        cmocka_unit_test(what_no_rule_names_is_allowed),
        cmocka_unit_test(other_architectures_end_the_process),
        cmocka_unit_test(no_call_takes_many_steps),
        cmocka_unit_test(the_kernel_takes_the_program),
    };
    return cmocka_run_group_tests_name("sandbox/linux/seccomp", tests, NULL, NULL);
}
