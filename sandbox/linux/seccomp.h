/*
 * The system-call filter, as classic BPF (seccomp(2)).
 *
 * One program, written here rather than by libseccomp: that costs 70 to 94 microseconds a start,
 * this two. Numbers are searched as a tree, because the kernel walks the program for every system
 * call when it is loaded; and it is short, because the kernel translates each instruction. Only the
 * low 32 bits of arguments are compared, as the kernel takes them; other architectures, and x32
 * numbers, end the process.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

/* Which sockets may be made. */
enum seccomp_network {
    SECCOMP_NETWORK_OPEN,   /* any */
    SECCOMP_NETWORK_CLOSED, /* none; socketpair(2) of AF_UNIX stays */
    SECCOMP_NETWORK_INET,   /* AF_INET, AF_INET6 and AF_NETLINK: a network namespace bounds them */
};

struct seccomp_options {
    enum seccomp_network network;
    bool unix_sockets; /* AF_UNIX too: something else decides whom they reach */
    bool system_v_ipc; /* shared memory, semaphores and queues of System V; POSIX queues */
};

#define SECCOMP_PROGRAM_MAX 256 /* so that every jump of the search reaches: they have 8 bits */

struct seccomp_program {
    struct sock_filter code[SECCOMP_PROGRAM_MAX];
    unsigned short len;
};

/* Cannot fail: the rules are fixed, and a program that did not fit would not pass its test. */
void seccomp_build(const struct seccomp_options *options, struct seccomp_program *out);

/* For this thread and its descendants, for good. no_new_privs must be set. Only system calls.
 * Returns 0 or an errno. */
int seccomp_enforce(const struct seccomp_program *program);

/* Whether the kernel has user notification, for `nono version`. */
bool seccomp_has_notify(void);
