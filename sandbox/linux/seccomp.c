#include "sandbox/linux/seccomp.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/record.h"
#include "sandbox/linux/seccomp_rules.h"

#if defined(__x86_64__)
#define ARCH    AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000U
#elif defined(__aarch64__)
#define ARCH    AUDIT_ARCH_AARCH64
#define X32_BIT 0x40000000U /* no such numbers: harmless */
#else
#error "this architecture's system calls are not known here"
#endif

#define NAMESPACE_FLAGS                                                                    \
    ((unsigned)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
                CLONE_NEWUTS | CLONE_NEWCGROUP | 0x80 /* CLONE_NEWTIME */))

/* Both architectures are little-endian: the low word of an argument comes first. */
#define ARG(i) ((unsigned)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)(i)))

#define RET_DENY   (SECCOMP_RET_ERRNO | EPERM)
#define RET_ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

static void emit(struct seccomp_program *program, unsigned code, unsigned jt, unsigned jf,
                 unsigned k)
{
    assert(program->len < SECCOMP_PROGRAM_MAX);
    program->code[program->len++] = (struct sock_filter){
        .code = (unsigned short)code,
        .jt = (unsigned char)jt,
        .jf = (unsigned char)jf,
        .k = k,
    };
}

static void emit_load(struct seccomp_program *program, unsigned offset)
{
    emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void emit_return(struct seccomp_program *program, unsigned action)
{
    emit(program, BPF_RET | BPF_K, 0, 0, action);
}

/* Ends with action when the word in hand equals value. */
static void emit_if_equal(struct seccomp_program *program, unsigned value, unsigned action)
{
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    emit_return(program, action);
}

/* Ends with one action when the word in hand is among values, else with another. */
static void emit_choice(struct seccomp_program *program, const unsigned *values, size_t count,
                        unsigned found, unsigned otherwise)
{
    for (size_t i = 0; i < count; i++)
        emit_if_equal(program, values[i], found);
    emit_return(program, otherwise);
}

static void emit_mknod(struct seccomp_program *program, unsigned mode_argument)
{
    static const unsigned kinds[] = { S_IFCHR, S_IFBLK };
    emit_load(program, ARG(mode_argument));
    emit(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
    emit_choice(program, kinds, COUNT(kinds), RET_DENY, SECCOMP_RET_ALLOW);
}

static void emit_namespaces(struct seccomp_program *program)
{
    emit_load(program, ARG(0));
    emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, NAMESPACE_FLAGS);
    emit_return(program, RET_DENY);
    emit_return(program, SECCOMP_RET_ALLOW);
}

static void emit_socket(struct seccomp_program *program, const struct seccomp_options *options)
{
    unsigned families[4];
    size_t count = 0;
    if (options->network == SECCOMP_NETWORK_OPEN) {
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    }
    if (options->unix_sockets)
        families[count++] = AF_UNIX;
    if (options->network == SECCOMP_NETWORK_INET) {
        families[count++] = AF_INET;
        families[count++] = AF_INET6;
        families[count++] = AF_NETLINK;
    }
    emit_load(program, ARG(0));
    emit_choice(program, families, count, SECCOMP_RET_ALLOW, RET_DENY);
}

/*
 * One end of a pair can send datagrams to any socket that has a path; a stream cannot. So where no
 * Unix socket may be made, a pair is a stream or keeps its records' bounds (SOCK_SEQPACKET).
 */
static void emit_socketpair(struct seccomp_program *program, const struct seccomp_options *options)
{
    static const unsigned connected[] = { SOCK_STREAM, SOCK_SEQPACKET };
    if (options->network == SECCOMP_NETWORK_OPEN) {
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    }
    emit_load(program, ARG(0));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_UNIX);
    emit_return(program, RET_DENY);
    if (options->unix_sockets) {
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    }
    emit_load(program, ARG(1));
    emit(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf /* SOCK_TYPE_MASK of the kernel */);
    emit_choice(program, connected, COUNT(connected), SECCOMP_RET_ALLOW, RET_DENY);
}

/* Argument 0 says of what kind argument 1 is; allowed is 0, oneself, of one kind. */
static void emit_target(struct seccomp_program *program, unsigned kind)
{
    static const unsigned oneself[] = { 0 };
    emit_load(program, ARG(0));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kind);
    emit_return(program, RET_DENY);
    emit_load(program, ARG(1));
    emit_choice(program, oneself, COUNT(oneself), SECCOMP_RET_ALLOW, RET_DENY);
}

static void emit_check(struct seccomp_program *program, enum seccomp_check check,
                       const struct seccomp_options *options)
{
    static const unsigned ioctls[] = { TIOCSTI, 0x541C /* TIOCLINUX */, TIOCSETD };
    static const unsigned personalities[] = { 0, 0xffffffff, ADDR_NO_RANDOMIZE };
    static const unsigned oneself[] = { 0 };
    switch (check) {
    case CHECK_DENY:
        emit_return(program, RET_DENY);
        return;
    case CHECK_ABSENT:
        emit_return(program, RET_ABSENT);
        return;
    case CHECK_NAMESPACES:
        emit_namespaces(program);
        return;
    case CHECK_IOCTL:
        emit_load(program, ARG(1));
        emit_choice(program, ioctls, COUNT(ioctls), RET_DENY, SECCOMP_RET_ALLOW);
        return;
    case CHECK_PERSONALITY:
        emit_load(program, ARG(0));
        emit_choice(program, personalities, COUNT(personalities), SECCOMP_RET_ALLOW, RET_DENY);
        return;
    case CHECK_MKNOD:
        emit_mknod(program, 1);
        return;
    case CHECK_MKNODAT:
        emit_mknod(program, 2);
        return;
    case CHECK_OTHERS:
        emit_load(program, ARG(0));
        emit_choice(program, oneself, COUNT(oneself), SECCOMP_RET_ALLOW, RET_DENY);
        return;
    case CHECK_SOCKET:
        emit_socket(program, options);
        return;
    case CHECK_SOCKETPAIR:
        emit_socketpair(program, options);
        return;
    case CHECK_PRIORITY:
        emit_target(program, PRIO_PROCESS);
        return;
    case CHECK_IO_PRIORITY:
        emit_target(program, 1 /* IOPRIO_WHO_PROCESS */);
        return;
    case CHECK_SYSTEM_V:
        emit_return(program, options->system_v_ipc ? SECCOMP_RET_ALLOW : RET_ABSENT);
        return;
    }
}

/* A binary search for the number; rules are sorted. The number is in hand at each node. */
static void emit_tree(struct seccomp_program *program, const struct seccomp_rule *rules,
                      size_t count, const struct seccomp_options *options)
{
    if (count == 1) {
        /* Past the check, which ends every path of its own. */
        size_t jump = program->len;
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, rules[0].nr);
        emit_check(program, rules[0].check, options);
        program->code[jump].jf = (unsigned char)(program->len - jump - 1);
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    }
    size_t half = count / 2;
    emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, rules[half].nr);
    size_t jump = program->len;
    emit(program, BPF_JMP | BPF_JA, 0, 0, 0); /* the two halves may be far apart */
    emit_tree(program, rules, half, options);
    program->code[jump].k = (unsigned)(program->len - jump - 1);
    emit_tree(program, rules + half, count - half, options);
}

static void rules_sort(struct seccomp_rule *rules, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct seccomp_rule rule = rules[i];
        size_t at = i;
        for (; at > 0 && rules[at - 1].nr > rule.nr; at--)
            rules[at] = rules[at - 1];
        rules[at] = rule;
    }
}

void seccomp_build(const struct seccomp_options *options, struct seccomp_program *out)
{
    struct seccomp_rule rules[SECCOMP_RULES_MAX];
    assert(seccomp_rule_count <= SECCOMP_RULES_MAX);
    memcpy(rules, seccomp_rules, seccomp_rule_count * sizeof(rules[0]));
    rules_sort(rules, seccomp_rule_count);

    out->len = 0;
    emit_load(out, (unsigned)offsetof(struct seccomp_data, arch));
    emit(out, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH);
    emit_return(out, SECCOMP_RET_KILL_PROCESS);
    emit_load(out, (unsigned)offsetof(struct seccomp_data, nr));
    emit(out, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
    emit_return(out, SECCOMP_RET_KILL_PROCESS);
    emit_tree(out, rules, seccomp_rule_count, options);
}

int seccomp_enforce(const struct seccomp_program *program)
{
    struct sock_fprog fprog = {
        .len = program->len,
        .filter = (struct sock_filter *)(uintptr_t)program->code, /* the kernel only reads it */
    };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) < 0 ? errno : 0;
}

bool seccomp_has_notify(void)
{
    unsigned action = SECCOMP_RET_USER_NOTIF;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
