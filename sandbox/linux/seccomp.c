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
#include "lib/base/stack.h"
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

/* Of the checks that look at nothing; 0: it is another. */
static const unsigned answers[CHECK_COUNT] = {
    [CHECK_ALLOW] = SECCOMP_RET_ALLOW,
    [CHECK_DENY] = SECCOMP_RET_ERRNO | EPERM,
    [CHECK_ABSENT] = SECCOMP_RET_ERRNO | ENOSYS,
    [CHECK_KILL] = SECCOMP_RET_KILL_PROCESS,
};

/* Above all numbers of either architecture but x32's; there are a few more each year. */
#define NUMBERS     512
#define NUMBERS_NOW 468 /* what is faster follows from it, no answer does */

/* A stretch of numbers that are judged alike, up to the next span's first. */
struct span {
    unsigned first;
    enum seccomp_check check;
};

#define SPANS_MAX (2 * SECCOMP_RULES_MAX + 2)
#define JUMPS_MAX ((size_t)2 * SECCOMP_PROGRAM_MAX)

/*
 * A program being written: the search comes first and jumps to the checks behind it, and they to
 * the plain answers, each of which is there once, at the end. Jumps are aimed when all is written.
 */
struct writer {
    struct seccomp_program *program;
    const struct seccomp_options *options;
    struct span spans[SPANS_MAX];
    size_t span_count;
    unsigned char checks[CHECK_COUNT]; /* where each begins; 0: nowhere yet */
    struct jump {
        unsigned char from;
        bool otherwise;   /* when what is compared does not hold */
        unsigned char to; /* a check */
    } jumps[JUMPS_MAX];
    size_t jump_count;
};

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

/* The comparison that was written last goes there when it holds, or else when it does not. */
static void jump_note(struct writer *writer, bool otherwise, enum seccomp_check to)
{
    assert(writer->jump_count < JUMPS_MAX);
    writer->jumps[writer->jump_count++] = (struct jump){
        .from = (unsigned char)(writer->program->len - 1),
        .otherwise = otherwise,
        .to = (unsigned char)to,
    };
}

/* Ends with one answer when the word in hand is among values, else with another. */
static void emit_choice(struct writer *writer, const unsigned *values, size_t count,
                        enum seccomp_check found, enum seccomp_check otherwise)
{
    assert(count);
    for (size_t i = 0; i < count; i++) {
        emit(writer->program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, values[i]);
        jump_note(writer, false, found);
    }
    jump_note(writer, true, otherwise);
}

/* Goes on when the word in hand is this one. */
static void emit_need(struct writer *writer, unsigned value)
{
    emit(writer->program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, value);
    jump_note(writer, true, CHECK_DENY);
}

/* Refuses what has one of these bits in an argument. */
static void emit_bits(struct writer *writer, unsigned argument, unsigned bits)
{
    emit_load(writer->program, ARG(argument));
    emit(writer->program, BPF_JMP | BPF_JSET | BPF_K, 0, 0, bits);
    jump_note(writer, false, CHECK_DENY);
    jump_note(writer, true, CHECK_ALLOW);
}

static void emit_mknod(struct writer *writer, unsigned mode_argument)
{
    static const unsigned kinds[] = { S_IFCHR, S_IFBLK };
    emit_load(writer->program, ARG(mode_argument));
    emit(writer->program, BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
    emit_choice(writer, kinds, COUNT(kinds), CHECK_DENY, CHECK_ALLOW);
}

/*
 * What types into a terminal; and what makes and removes entries of folders, or changes whole
 * trees, on file systems that have a call of their own for it. Landlock does not see those, and a
 * descriptor for reading is all that they take. So it is with what locks files for good: a folder
 * that is encrypted by a key that is then gone, the user's own key taken away from their files, a
 * file that nobody may write any more.
 */
static void emit_ioctl(struct writer *writer)
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
    emit_load(writer->program, ARG(1));
    emit_choice(writer, refused, COUNT(refused), CHECK_DENY, CHECK_ALLOW);
}

static void emit_socket(struct writer *writer)
{
    const struct seccomp_options *options = writer->options;
    unsigned families[4];
    size_t count = 0;
    if (options->unix_sockets)
        families[count++] = AF_UNIX;
    if (options->network == SECCOMP_NETWORK_INET) {
        families[count++] = AF_INET;
        families[count++] = AF_INET6;
        families[count++] = AF_NETLINK;
    }
    emit_load(writer->program, ARG(0));
    emit_choice(writer, families, count, CHECK_ALLOW, CHECK_DENY);
}

/*
 * One end of a pair can send datagrams to any socket that has a path; a stream cannot. So where no
 * Unix socket may be made, a pair is a stream or keeps its records' bounds (SOCK_SEQPACKET).
 */
static void emit_socketpair(struct writer *writer)
{
    static const unsigned connected[] = { SOCK_STREAM, SOCK_SEQPACKET };
    static const unsigned local[] = { AF_UNIX };
    emit_load(writer->program, ARG(0));
    if (writer->options->unix_sockets) {
        emit_choice(writer, local, COUNT(local), CHECK_ALLOW, CHECK_DENY);
        return;
    }
    emit_need(writer, AF_UNIX);
    emit_load(writer->program, ARG(1));
    emit(writer->program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf /* SOCK_TYPE_MASK of the kernel */);
    emit_choice(writer, connected, COUNT(connected), CHECK_ALLOW, CHECK_DENY);
}

/* Argument 0 says of what kind argument 1 is; allowed is 0, oneself, of one kind. */
static void emit_target(struct writer *writer, unsigned kind)
{
    static const unsigned oneself[] = { 0 };
    emit_load(writer->program, ARG(0));
    emit_need(writer, kind);
    emit_load(writer->program, ARG(1));
    emit_choice(writer, oneself, COUNT(oneself), CHECK_ALLOW, CHECK_DENY);
}

static void emit_check(struct writer *writer, enum seccomp_check check)
{
    static const unsigned personalities[] = { 0, 0xffffffff, ADDR_NO_RANDOMIZE };
    static const unsigned oneself[] = { 0 };
    switch (check) {
    case CHECK_ALLOW:
    case CHECK_DENY:
    case CHECK_ABSENT:
    case CHECK_KILL:
        emit_return(writer->program, answers[check]);
        return;
    case CHECK_NAMESPACES:
        emit_bits(writer, 0, NAMESPACE_FLAGS);
        return;
    case CHECK_IOCTL:
        emit_ioctl(writer);
        return;
    case CHECK_PERSONALITY:
        emit_load(writer->program, ARG(0));
        emit_choice(writer, personalities, COUNT(personalities), CHECK_ALLOW, CHECK_DENY);
        return;
    case CHECK_MKNOD:
        emit_mknod(writer, 1);
        return;
    case CHECK_MKNODAT:
        emit_mknod(writer, 2);
        return;
    case CHECK_OTHERS:
        emit_load(writer->program, ARG(0));
        emit_choice(writer, oneself, COUNT(oneself), CHECK_ALLOW, CHECK_DENY);
        return;
    case CHECK_SOCKET:
        emit_socket(writer);
        return;
    case CHECK_SOCKETPAIR:
        emit_socketpair(writer);
        return;
    case CHECK_SEND:
        emit_bits(writer, 3, MSG_FASTOPEN);
        return;
    case CHECK_SENDMSG:
        emit_bits(writer, 2, MSG_FASTOPEN);
        return;
    case CHECK_PRIORITY:
        emit_target(writer, PRIO_PROCESS);
        return;
    case CHECK_IO_PRIORITY:
        emit_target(writer, 1 /* IOPRIO_WHO_PROCESS */);
        return;
    case CHECK_IPC: /* settled before */
    case CHECK_MEET:
    case CHECK_COUNT:
        __builtin_unreachable();
    }
}

/* Checks that the options turn into a plain answer. */
static enum seccomp_check check_settle(enum seccomp_check check,
                                       const struct seccomp_options *options)
{
    bool open = options->network == SECCOMP_NETWORK_OPEN;
    bool none = options->network == SECCOMP_NETWORK_CLOSED && !options->unix_sockets;
    if (check == CHECK_IPC)
        return options->system_v_ipc ? CHECK_ALLOW : CHECK_ABSENT;
    if (check == CHECK_MEET)
        return none ? CHECK_DENY : CHECK_ALLOW;
    if (check == CHECK_SOCKET && none)
        return CHECK_DENY;
    bool of_sockets = check == CHECK_SOCKET || check == CHECK_SOCKETPAIR || check == CHECK_SEND ||
                      check == CHECK_SENDMSG;
    return open && of_sockets ? CHECK_ALLOW : check;
}

static void span_add(struct writer *writer, unsigned first, enum seccomp_check check)
{
    assert(writer->span_count < SPANS_MAX);
    writer->spans[writer->span_count++] = (struct span){ first, check };
}

/* Calls with the same answer that stand side by side are one span. */
static void spans_make(struct writer *writer)
{
    unsigned char checks[NUMBERS] = { 0 }; /* CHECK_ALLOW */
    for (size_t i = 0; i < seccomp_rule_count; i++) {
        assert(seccomp_rules[i].nr < NUMBERS);
        enum seccomp_check check = check_settle(seccomp_rules[i].check, writer->options);
        checks[seccomp_rules[i].nr] = (unsigned char)check;
    }
    span_add(writer, 0, checks[0]);
    for (unsigned nr = 1; nr < NUMBERS; nr++)
        if (checks[nr] != checks[nr - 1])
            span_add(writer, nr, checks[nr]);
    if (checks[NUMBERS - 1] != CHECK_ALLOW)
        span_add(writer, NUMBERS, CHECK_ALLOW);
    span_add(writer, X32_BIT, CHECK_KILL);
}

/* Numbers that stand alone are compared one by one where they are few. */
#define LEAF_MAX 6

/* As many comparisons; 0: one of them is a stretch, or they are too many. */
static size_t leaf_size(const struct writer *writer, const struct span *spans, size_t count)
{
    const struct span *end = writer->spans + writer->span_count;
    size_t size = 0;
    for (const struct span *span = spans; span < spans + count; span++) {
        if (span->check == CHECK_ALLOW)
            continue;
        if (span + 1 == end || span[1].first != span->first + 1 || ++size > LEAF_MAX)
            return 0;
    }
    return size;
}

static void emit_leaf(struct writer *writer, const struct span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (spans[i].check == CHECK_ALLOW)
            continue;
        emit(writer->program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, spans[i].first);
        jump_note(writer, false, spans[i].check);
    }
    jump_note(writer, true, CHECK_ALLOW);
}

/* Where a span begins among the numbers that the kernel tries when the program is loaded. */
static unsigned place_of(const struct writer *writer, const struct span *span)
{
    bool end = span == writer->spans + writer->span_count;
    return end || span->first > NUMBERS_NOW ? NUMBERS_NOW : span->first;
}

/* The span to begin the upper half with, so that as many numbers are in both: the kernel goes
 * through the search with each. */
static size_t spans_halve(const struct writer *writer, const struct span *spans, size_t count)
{
    unsigned both = place_of(writer, spans) + place_of(writer, spans + count);
    size_t half = 1;
    while (half + 1 < count && 2 * place_of(writer, spans + half) < both)
        half++;
    bool lower =
        half > 1 && place_of(writer, spans + half) + place_of(writer, spans + half - 1) > both;
    return lower ? half - 1 : half;
}

/*
 * A search for the number, which is in hand; at its ends stand the jumps to the checks.
 * NOLINTNEXTLINE(misc-no-recursion): each half is smaller
 */
static void emit_tree(struct writer *writer, const struct span *spans, size_t count)
{
    if (leaf_size(writer, spans, count)) {
        emit_leaf(writer, spans, count);
        return;
    }
    size_t half = spans_halve(writer, spans, count), rest = count - half;
    size_t from = writer->program->len;
    emit(writer->program, BPF_JMP | BPF_JGE | BPF_K, 0, 0, spans[half].first);
    if (rest == 1)
        jump_note(writer, false, spans[half].check);
    if (half == 1)
        jump_note(writer, true, spans[0].check);
    else
        emit_tree(writer, spans, half);
    if (rest > 1) {
        size_t distance = writer->program->len - from - 1;
        assert(distance <= UCHAR_MAX);
        writer->program->code[from].jt = (unsigned char)distance;
        emit_tree(writer, spans + half, rest);
    }
}

static void check_place(struct writer *writer, enum seccomp_check check)
{
    if (writer->checks[check])
        return;
    assert(writer->program->len <= UCHAR_MAX);
    writer->checks[check] = (unsigned char)writer->program->len;
    emit_check(writer, check);
}

static void jumps_aim(const struct writer *writer)
{
    for (const struct jump *jump = writer->jumps; jump < writer->jumps + writer->jump_count;
         jump++) {
        struct sock_filter *code = &writer->program->code[jump->from];
        size_t to = writer->checks[jump->to], distance = to - jump->from - 1;
        assert(to > jump->from && distance <= UCHAR_MAX);
        *(jump->otherwise ? &code->jf : &code->jt) = (unsigned char)distance;
    }
}

/* Those that are asked for; what jumps can only go forward to comes last. */
static void emit_checks(struct writer *writer)
{
    for (size_t i = 0; i < writer->span_count; i++)
        if (!answers[writer->spans[i].check])
            check_place(writer, writer->spans[i].check);
    check_place(writer, CHECK_ALLOW);
    check_place(writer, CHECK_DENY);
    check_place(writer, CHECK_ABSENT);
    check_place(writer, CHECK_KILL);
}

OWN_FRAME void seccomp_build(const struct seccomp_options *options, struct seccomp_program *out)
{
    struct writer writer = { .program = out, .options = options };
    spans_make(&writer);
    out->len = 0;
    emit_load(out, (unsigned)offsetof(struct seccomp_data, arch));
    emit(out, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, ARCH);
    jump_note(&writer, true, CHECK_KILL);
    emit_load(out, (unsigned)offsetof(struct seccomp_data, nr));
    emit_tree(&writer, writer.spans, writer.span_count);
    emit_checks(&writer);
    jumps_aim(&writer);
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
