/* A supervisor's children: how they begin, and that none is left. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/error.h"

/* Blocks what is to be read from a signalfd, SIGCHLD among it. */
void children_signals_take(sigset_t *out_before, sigset_t *out_watched);

/* In a fresh child: ends with its parent, has the signals that it would have had blocked, and keeps
 * nothing but descriptors 0 to 2 across exec. Only system calls; 0 or an errno. */
int children_begin(pid_t parent, const sigset_t *mask);

/* Descriptors 0 to 2 are handed on: none may be a folder, through which the program would see what
 * is below it as it was before denied paths were hidden, nor, unless the network is open, a socket
 * that can be given another peer than it has: none but a connected stream of AF_UNIX cannot. */
bool children_descriptors_check(bool network_open, struct error *err) MUST_CHECK;

/* Marks what is above 2 to be closed by exec. 0 or an errno. */
int children_close_descriptors(void);

/* Whether a process ignores or handles a signal (1 to 64). No is also the answer for one that
 * cannot be asked. */
bool children_has_own_way(pid_t pid, int signal);

/* The children of a process, by their ids. None of them is reaped by asking. */
struct children {
    pid_t *pids;
    size_t count;
};

void children_list(struct children *out);
void children_clear(struct children *children);

/* Reaps those that have ended, but not those that are waited for elsewhere: those that were there
 * before, the program and the proxy (0: there is none). */
void children_reap(const struct children *spared, pid_t program, pid_t proxy);

/* For how long what is left is killed. */
#define CHILDREN_PATIENCE_S 5

/* Kills and reaps every descendant that is left, but those that were there before: who becomes nono
 * by exec(2) may have children. The caller is their subreaper and has SIGCHLD blocked. Returns 0,
 * or when the time is over how many there are at least: some fork faster than they are killed, some
 * cannot be killed. */
size_t children_end_all(const struct children *spared);
