#include "sandbox/linux/seccomp.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/btrfs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
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

/* Of headers that are not everywhere; sizes stand for their structs. The first is what 32-bit
 * programs send, which a 64-bit kernel takes from any. */
#define RECEIVED_SUBVOL_32            _IOWR(BTRFS_IOCTL_MAGIC, 37, uint64_t[24])
#define OCFS2_REFLINK                 _IOW('o', 4, uint64_t[3])
#define BCACHEFS_SUBVOLUME_CREATE     _IOW(0xbc, 16, uint64_t[4])
#define BCACHEFS_SUBVOLUME_DESTROY    _IOW(0xbc, 17, uint64_t[4])
#define BCACHEFS_SUBVOLUME_CREATE_V2  _IOW(0xbc, 29, uint64_t[6])
#define BCACHEFS_SUBVOLUME_DESTROY_V2 _IOW(0xbc, 30, uint64_t[6])

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

/* Ends with one action when the word in hand is among values, else with another. */
static void emit_choice(struct seccomp_program *program, const unsigned *values, size_t count,
                        unsigned found, unsigned otherwise)
{
    for (size_t i = 0; i < count; i++)
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(count - i), 0, values[i]);
    emit_return(program, otherwise);
    if (count)
        emit_return(program, found);
}

/* Refuses what has one of these bits in an argument. */
static void emit_bits(struct seccomp_program *program, unsigned argument, unsigned bits)
{
    emit_load(program, ARG(argument));
    emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    emit_return(program, RET_DENY);
    emit_return(program, SECCOMP_RET_ALLOW);
}

static void emit_mknod(struct seccomp_program *program, unsigned mode_argument)
{
    static const unsigned kinds[] = { S_IFCHR, S_IFBLK };
    emit_load(program, ARG(mode_argument));
    emit(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
    emit_choice(program, kinds, COUNT(kinds), RET_DENY, SECCOMP_RET_ALLOW);
}

/*
 * What types into a terminal; and what makes and removes entries of folders, or changes whole
 * trees, on file systems that have a call of their own for it. Landlock does not see those, and a
 * descriptor for reading is all that they take. So it is with what locks files for good: a folder
 * that is encrypted by a key that is then gone, the user's own key taken away from their files, a
 * file that nobody may write any more.
 */
static void emit_ioctl(struct seccomp_program *program)
{
    static const unsigned refused[] = {
        TIOCSTI,
        0x541C /* TIOCLINUX */,
        TIOCSETD,
        BTRFS_IOC_SNAP_CREATE,
        BTRFS_IOC_SNAP_CREATE_V2,
        BTRFS_IOC_SUBVOL_CREATE,
        BTRFS_IOC_SUBVOL_CREATE_V2,
        BTRFS_IOC_SNAP_DESTROY,
        BTRFS_IOC_SNAP_DESTROY_V2,
        BTRFS_IOC_SUBVOL_SETFLAGS,
        BTRFS_IOC_SET_RECEIVED_SUBVOL,
        RECEIVED_SUBVOL_32,
        OCFS2_REFLINK,
        BCACHEFS_SUBVOLUME_CREATE,
        BCACHEFS_SUBVOLUME_CREATE_V2,
        BCACHEFS_SUBVOLUME_DESTROY,
        BCACHEFS_SUBVOLUME_DESTROY_V2,
        FS_IOC_SET_ENCRYPTION_POLICY,
        FS_IOC_ADD_ENCRYPTION_KEY,
        FS_IOC_REMOVE_ENCRYPTION_KEY,
        FS_IOC_ENABLE_VERITY,
    };
    emit_load(program, ARG(1));
    emit_choice(program, refused, COUNT(refused), RET_DENY, SECCOMP_RET_ALLOW);
}

static void emit_socket(struct seccomp_program *program, const struct seccomp_options *options)
{
    unsigned families[4];
    size_t count = 0;
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
    static const unsigned personalities[] = { 0, 0xffffffff, ADDR_NO_RANDOMIZE };
    static const unsigned oneself[] = { 0 };
    switch (check) {
    case CHECK_ALLOW:
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    case CHECK_DENY:
        emit_return(program, RET_DENY);
        return;
    case CHECK_ABSENT:
        emit_return(program, RET_ABSENT);
        return;
    case CHECK_NAMESPACES:
        emit_bits(program, 0, NAMESPACE_FLAGS);
        return;
    case CHECK_IOCTL:
        emit_ioctl(program);
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
    case CHECK_SEND:
        emit_bits(program, 3, MSG_FASTOPEN);
        return;
    case CHECK_SENDMSG:
        emit_bits(program, 2, MSG_FASTOPEN);
        return;
    case CHECK_PRIORITY:
        emit_target(program, PRIO_PROCESS);
        return;
    case CHECK_IO_PRIORITY:
        emit_target(program, 1 /* IOPRIO_WHO_PROCESS */);
        return;
    case CHECK_IPC: /* settled before */
    case CHECK_MEET:
    case CHECK_COUNT:
        __builtin_unreachable();
    }
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

/* A stretch of numbers that are judged alike, up to the next span's first. */
struct span {
    unsigned first;
    enum seccomp_check check;
};

#define SPANS_MAX (2 * SECCOMP_RULES_MAX + 1)

/* A program being written: the search comes first and jumps to the checks behind it. */
struct writer {
    struct seccomp_program *program;
    const struct seccomp_options *options;
    struct span spans[SPANS_MAX];
    size_t span_count;
    unsigned char checks[CHECK_COUNT]; /* where each begins; 0: nowhere yet */
};

/* Checks that the options turn into a plain answer. */
static enum seccomp_check check_settle(enum seccomp_check check,
                                       const struct seccomp_options *options)
{
    bool open = options->network == SECCOMP_NETWORK_OPEN;
    if (check == CHECK_IPC)
        return options->system_v_ipc ? CHECK_ALLOW : CHECK_ABSENT;
    if (check == CHECK_MEET)
        return options->network == SECCOMP_NETWORK_CLOSED && !options->unix_sockets ? CHECK_DENY
                                                                                    : CHECK_ALLOW;
    bool of_sockets = check == CHECK_SOCKET || check == CHECK_SOCKETPAIR || check == CHECK_SEND ||
                      check == CHECK_SENDMSG;
    return open && of_sockets ? CHECK_ALLOW : check;
}

/* Calls with the same answer that stand side by side are one span. */
static void span_add(struct writer *writer, unsigned first, enum seccomp_check check)
{
    struct span *last = writer->span_count ? &writer->spans[writer->span_count - 1] : NULL;
    if (last && last->first == first) {
        last->check = check;
        if (writer->span_count > 1 && last[-1].check == check)
            writer->span_count--;
        return;
    }
    assert(writer->span_count < SPANS_MAX);
    if (!last || last->check != check)
        writer->spans[writer->span_count++] = (struct span){ first, check };
}

static void spans_make(struct writer *writer)
{
    struct seccomp_rule rules[SECCOMP_RULES_MAX];
    assert(seccomp_rule_count <= SECCOMP_RULES_MAX);
    memcpy(rules, seccomp_rules, seccomp_rule_count * sizeof(rules[0]));
    rules_sort(rules, seccomp_rule_count);
    span_add(writer, 0, CHECK_ALLOW);
    for (size_t i = 0; i < seccomp_rule_count; i++) {
        span_add(writer, rules[i].nr, check_settle(rules[i].check, writer->options));
        span_add(writer, rules[i].nr + 1, CHECK_ALLOW);
    }
}

/* How many instructions the search of so many spans takes. */
static size_t tree_size(size_t count)
{
    return count - 1;
}

/* What a jump from the instruction at `from` skips to reach a check. */
static unsigned check_distance(const struct writer *writer, size_t from, enum seccomp_check check)
{
    size_t distance = writer->checks[check] - from - 1;
    assert(writer->checks[check] > from && distance <= UCHAR_MAX);
    return (unsigned)distance;
}

/* A binary search for the number, which is in hand; at its ends stand the jumps to the checks. */
static void emit_tree(struct writer *writer, const struct span *spans, size_t count)
{
    size_t half = count / 2, rest = count - half, from = writer->program->len;
    unsigned below = 0, above = (unsigned)tree_size(half);
    if (half == 1)
        below = check_distance(writer, from, spans[0].check);
    if (rest == 1)
        above = check_distance(writer, from, spans[half].check);
    assert(above <= UCHAR_MAX);
    emit(writer->program, BPF_JMP | BPF_JGE | BPF_K, above, below, spans[half].first);
    if (half > 1)
        emit_tree(writer, spans, half);
    if (rest > 1)
        emit_tree(writer, spans + half, rest);
}

/* The checks that are asked for, written behind the search, which is not there yet. */
static void emit_checks(struct writer *writer)
{
    struct seccomp_program *program = writer->program;
    size_t search = program->len;
    program->len = (unsigned short)(search + tree_size(writer->span_count));
    for (size_t i = 0; i < writer->span_count; i++) {
        enum seccomp_check check = writer->spans[i].check;
        if (writer->checks[check])
            continue;
        assert(program->len <= UCHAR_MAX);
        writer->checks[check] = (unsigned char)program->len;
        emit_check(program, check, writer->options);
    }
}

void seccomp_build(const struct seccomp_options *options, struct seccomp_program *out)
{
    struct writer writer = { .program = out, .options = options };
    spans_make(&writer);
    out->len = 0;
    emit_load(out, (unsigned)offsetof(struct seccomp_data, arch));
    emit(out, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH);
    emit_return(out, SECCOMP_RET_KILL_PROCESS);
    emit_load(out, (unsigned)offsetof(struct seccomp_data, nr));
    emit(out, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
    emit_return(out, SECCOMP_RET_KILL_PROCESS);

    size_t search = out->len;
    emit_checks(&writer);
    unsigned short end = out->len;
    out->len = (unsigned short)search;
    emit_tree(&writer, writer.spans, writer.span_count);
    assert(out->len == search + tree_size(writer.span_count));
    out->len = end;
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
