/*
 * Preloaded into what valgrind runs. Valgrind 3.19 answers ENOSYS to the system calls that are
 * newer than itself, Landlock, openat2 and seccomp among them, and nono would rightly refuse to
 * run. Here syscall(3) passes them to the kernel, on the real processor. What memcheck does for the
 * calls that it knows is done for these by the table: every argument, and the memory that it points
 * to, must be defined.
 *
 * A child of fork that ends by itself has its parent's memory: what it does not free is no leak of
 * its own, so that leaks are not looked for there.
 *
 * With NONO_VALGRIND_NO_OPENAT2 set, openat2 stays unknown, as on the kernels that
 * lib/base/resolve.c walks for.
 */
#include <errno.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#define ARGS    6
#define TEXT    1 /* the pointer of an argument leads to a string, */
#define BYTES   2 /* to as many bytes as the next argument says, */
#define RULE    3 /* to a Landlock rule of a path (packed, 12 bytes), */
#define PROGRAM 4 /* to a seccomp filter */

struct call {
    long number;
    long args[ARGS];
    long result;
};

static const struct known {
    long number;
    unsigned char count;
    unsigned char points_to[ARGS];
} unknown_to_valgrind[] = {
    { SYS_seccomp, 3, { 0, 0, PROGRAM } },
    { SYS_pidfd_send_signal, 4, { 0 } },
    { SYS_open_tree, 3, { 0, TEXT } },
    { SYS_move_mount, 5, { 0, TEXT, 0, TEXT } },
    { SYS_fsopen, 2, { TEXT } },
    { SYS_fsconfig, 5, { 0, 0, TEXT, TEXT } },
    { SYS_fsmount, 3, { 0 } },
    { SYS_pidfd_open, 2, { 0 } },
    { SYS_openat2, 4, { 0, TEXT, BYTES } },
    { SYS_pidfd_getfd, 3, { 0 } },
    { SYS_mount_setattr, 5, { 0, TEXT, 0, BYTES } },
    { SYS_landlock_create_ruleset, 3, { BYTES } },
    { SYS_landlock_add_rule, 4, { 0, 0, RULE } },
    { SYS_landlock_restrict_self, 2, { 0 } },
};

static void child_begins(void)
{
    VALGRIND_CLO_CHANGE("--leak-check=no");
}

__attribute__((constructor)) static void preloaded(void)
{
    if (RUNNING_ON_VALGRIND)
        (void)pthread_atfork(NULL, NULL, child_begins);
}

static const struct known *known_find(long number)
{
    for (size_t i = 0; i < sizeof(unknown_to_valgrind) / sizeof(unknown_to_valgrind[0]); i++)
        if (unknown_to_valgrind[i].number == number)
            return &unknown_to_valgrind[i];
    return NULL;
}

static void pointer_check(const struct call *call, int index, unsigned char points_to)
{
    const char *at = (const char *)call->args[index]; /* NOLINT(performance-no-int-to-ptr) */
    if (!at)
        return;
    if (points_to == TEXT)
        (void)VALGRIND_CHECK_MEM_IS_DEFINED(at, strlen(at) + 1);
    if (points_to == BYTES && index + 1 < ARGS)
        (void)VALGRIND_CHECK_MEM_IS_DEFINED(at, call->args[index + 1]);
    if (points_to == RULE)
        (void)VALGRIND_CHECK_MEM_IS_DEFINED(at, 12);
    if (points_to == PROGRAM && call->args[0] == 1) { /* SECCOMP_SET_MODE_FILTER */
        struct sock_fprog program;
        memcpy(&program, at, sizeof(program));
        (void)VALGRIND_CHECK_MEM_IS_DEFINED(program.filter, program.len * sizeof(*program.filter));
    }
}

static void call_check(const struct known *known, struct call *call)
{
    for (int i = 0; i < known->count; i++) {
        (void)VALGRIND_CHECK_MEM_IS_DEFINED(&call->args[i], sizeof(call->args[i]));
        pointer_check(call, i, known->points_to[i]);
    }
}

/* On the real processor: valgrind sees nothing of it. */
static long call_kernel(size_t thread, struct call *call)
{
    (void)thread;
    register long r10 __asm__("r10") = call->args[3];
    register long r8 __asm__("r8") = call->args[4];
    register long r9 __asm__("r9") = call->args[5];
    __asm__ volatile("syscall"
                     : "=a"(call->result)
                     : "a"(call->number), "D"(call->args[0]), "S"(call->args[1]),
                       "d"(call->args[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return 0;
}

static bool is_to_be_unknown(long number)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables */
    return number == SYS_openat2 && getenv("NONO_VALGRIND_NO_OPENAT2");
}

__attribute__((visibility("default"))) long syscall(long sysno, ...)
{
    struct call call = { .number = sysno };
    va_list args;
    va_start(args, sysno);
    for (int i = 0; i < ARGS; i++)
        call.args[i] = va_arg(args, long);
    va_end(args);

    const struct known *known = known_find(sysno);
    if (is_to_be_unknown(sysno)) {
        call.result = -ENOSYS;
    } else if (known && RUNNING_ON_VALGRIND) {
        call_check(known, &call);
        (void)VALGRIND_NON_SIMD_CALL1(call_kernel, &call);
        (void)VALGRIND_MAKE_MEM_DEFINED(&call.result, sizeof(call.result));
    } else {
        (void)call_kernel(0, &call);
    }
    if (call.result >= 0 || call.result < -4095)
        return call.result;
    errno = (int)-call.result;
    return -1;
}

/* Valgrind keeps descriptors of its own between the soft limit and the hard one, and lets no
 * program touch that. */
__attribute__((visibility("default"))) int setrlimit(__rlimit_resource_t resource,
                                                     const struct rlimit *rlimits)
{
    if (resource == RLIMIT_NOFILE && RUNNING_ON_VALGRIND)
        return VALGRIND_CHECK_MEM_IS_DEFINED(rlimits, sizeof(*rlimits)) == 0 ? 0 : -1;
    return (int)syscall(SYS_prlimit64, 0, resource, rlimits, NULL);
}

/* The log of this program is about to become the next one's: what is in it must not be lost. */
static void errors_end(void)
{
    if (RUNNING_ON_VALGRIND && VALGRIND_COUNT_ERRORS > 0)
        _exit(99);
}

__attribute__((visibility("default"))) int execve(const char *path, char *const argv[],
                                                  char *const envp[])
{
    errors_end();
    return (int)syscall(SYS_execve, path, argv, envp);
}

__attribute__((visibility("default"))) int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}
