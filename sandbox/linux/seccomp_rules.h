/* What the filter refuses: one line a system call. seccomp_rules.c has the table. */
#pragma once

#include <stddef.h>

enum seccomp_check {
    CHECK_ALLOW,       /* what no rule names */
    CHECK_DENY,        /* EPERM */
    CHECK_ABSENT,      /* ENOSYS: callers fall back */
    CHECK_NAMESPACES,  /* EPERM when argument 0 has a CLONE_NEW flag */
    CHECK_IOCTL,       /* EPERM for what types into a terminal, makes subvolumes, or locks */
    CHECK_PERSONALITY, /* EPERM but for the default, a query and no randomisation */
    CHECK_MKNOD,       /* EPERM for devices; mode is argument 1 */
    CHECK_MKNODAT,     /* the same; argument 2 */
    CHECK_OTHERS,      /* EPERM unless argument 0, a process, is 0: oneself */
    CHECK_SOCKET,      /* by struct seccomp_options */
    CHECK_SOCKETPAIR,  /* the same; without Unix sockets no datagrams, which could be sent to a path
                        */
    CHECK_SEND,        /* EPERM, unless the network is open, when argument 3 has MSG_FASTOPEN: it
                        * connects, and Landlock does not see it */
    CHECK_SENDMSG,     /* the same; argument 2 */
    CHECK_MEET,        /* EPERM where no socket can be made that could meet another */
    CHECK_PRIORITY,    /* EPERM unless it is one's own */
    CHECK_IO_PRIORITY,
    CHECK_IPC,  /* ENOSYS unless the options let it through */
    CHECK_KILL, /* ends the process: what is of another architecture */
    CHECK_COUNT
};

struct seccomp_rule {
    unsigned nr;
    enum seccomp_check check;
};

#define SECCOMP_RULES_MAX 128

/* Each number once, in no order. */
extern const struct seccomp_rule seccomp_rules[];
extern const size_t seccomp_rule_count;
