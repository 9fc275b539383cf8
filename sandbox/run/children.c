#include "sandbox/run/children.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

/* Passed on; and what tells that the program has stopped, and that we go on after a stop. Whether
 * we stop is the program's to say, so SIGTSTP is among them. Timers and limits are as exec(2) hands
 * them on: whoever became nono may have set them for the program. */
static const int watched[] = { SIGINT,   SIGTERM, SIGHUP,    SIGQUIT, SIGUSR1, SIGUSR2,
                               SIGWINCH, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO,
                               SIGPWR,   SIGTSTP, SIGCHLD,   SIGCONT };

void children_signals_take(sigset_t *out_before, sigset_t *out_watched)
{
    (void)sigemptyset(out_watched);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        (void)sigaddset(out_watched, watched[i]);
    (void)pthread_sigmask(SIG_BLOCK, out_watched, out_before);
}

static int socket_option(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/*
 * What is wrong with a socket; NULL: nothing. A stream of AF_UNIX that has a peer keeps it, however
 * often it is told to connect. A TCP socket can be disconnected and connected anew, and it is of
 * the network that it was made in.
 */
static const char *socket_fault(int fd)
{
    struct sockaddr_un peer;
    socklen_t len = sizeof(peer);
    int domain = socket_option(fd, SO_DOMAIN), type = socket_option(fd, SO_TYPE);
    if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
        return "a socket of datagrams";
    if (domain == AF_INET || domain == AF_INET6)
        return "a TCP socket";
    if (domain != AF_UNIX)
        return "a socket of a network";
    if (socket_option(fd, SO_ACCEPTCONN) != 0)
        return "a listening socket";
    return getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ? "a socket without a peer" : NULL;
}

bool children_descriptors_check(bool network_open, struct error *err)
{
    struct stat st;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fstat(fd, &st) < 0)
            continue;
        const char *what = NULL;
        if (S_ISDIR(st.st_mode))
            what = "a folder";
        else if (S_ISSOCK(st.st_mode) && !network_open)
            what = socket_fault(fd);
        if (!what)
            continue;
        error_set(err, DENIED, "descriptor %d is %s: it would lead past the sandbox", fd, what);
        return S_ISSOCK(st.st_mode)
                   ? error_hint(err, "put a pipe between: %s",
                                fd == STDIN_FILENO ? "cat | nono run ..." : "nono run ... | cat")
                   : false;
    }
    return true;
}

int children_close_descriptors(void)
{
    return syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? errno : 0;
}

int children_begin(pid_t parent, const sigset_t *mask)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return errno;
    if (getppid() != parent)
        return ESRCH;
    int rc = pthread_sigmask(SIG_SETMASK, mask, NULL);
    return rc ? rc : children_close_descriptors();
}

void children_clear(struct children *children)
{
    free(children->pids);
    *children = (struct children){ 0 };
}

/* All of a file of /proc; NULL where the kernel has none. */
static char *proc_read(const char *path)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    CLEANUP(freep) char *text = NULL;
    size_t len = 0, room = 0;
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        if (room - len < 2) {
            room = room ? 2 * room : 4096;
            text = xreallocarray(text, room, 1);
        }
        got = read(fd, text + len, room - len - 1);
        if (got < 0)
            return NULL;
    }
    text[len] = '\0';
    return STEAL(text);
}

void children_list(struct children *out)
{
    siginfo_t info;
    *out = (struct children){ 0 };
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return; /* none: the usual case */
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    CLEANUP(freep) char *text = proc_read(path);
    size_t room = 0;
    char *end;
    for (char *at = text; at && *at; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at)
            break;
        if (out->count == room) {
            room = room ? 2 * room : 16;
            out->pids = xreallocarray(out->pids, room, sizeof(*out->pids));
        }
        out->pids[out->count++] = (pid_t)pid;
        while (*end == ' ')
            end++;
    }
}

/* Whether a mask of a process's status, as hexadecimal digits behind its name, has the signal. */
static bool mask_has(const char *status, const char *name, int signal)
{
    const char *line = strstr(status, name);
    return line && strtoull(line + strlen(name), NULL, 16) >> (signal - 1) & 1;
}

bool children_has_own_way(pid_t pid, int signal)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    CLEANUP(freep) char *status = proc_read(path);
    return status &&
           (mask_has(status, "\nSigIgn:", signal) || mask_has(status, "\nSigCgt:", signal));
}

static bool is_among(const struct children *children, pid_t pid)
{
    for (size_t i = 0; i < children->count; i++)
        if (children->pids[i] == pid)
            return true;
    return false;
}

/* More than that at a time would keep the caller from what else it has to do. */
#define REAP_MAX 1000

/* The kernel tells of the eldest that has ended, which may be one that is left: then they are asked
 * one by one. */
static void reap_listed(const struct children *spared, pid_t program, pid_t proxy)
{
    CLEANUP(children_clear) struct children now;
    children_list(&now);
    for (size_t i = 0; i < now.count; i++) {
        pid_t pid = now.pids[i];
        if (pid != program && pid != proxy && !is_among(spared, pid))
            (void)waitpid(pid, NULL, WNOHANG);
    }
}

void children_reap(const struct children *spared, pid_t program, pid_t proxy)
{
    for (int i = 0; i < REAP_MAX; i++) {
        siginfo_t info = { 0 };
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
            return;
        if (info.si_pid == program || info.si_pid == proxy || is_among(spared, info.si_pid)) {
            reap_listed(spared, program, proxy);
            return;
        }
        (void)waitpid(info.si_pid, NULL, WNOHANG);
    }
}

/* Kills all that are there, and leaves them in *out. */
static void kill_children(const struct children *spared, struct children *out)
{
    struct children now;
    size_t count = 0;
    children_list(&now);
    for (size_t i = 0; i < now.count; i++) {
        if (is_among(spared, now.pids[i]))
            continue;
        (void)kill(now.pids[i], SIGKILL);
        now.pids[count++] = now.pids[i];
    }
    now.count = count;
    *out = now;
}

/* Reaps those that have ended, and says how many have not. When none has, waits for a child's end:
 * but not for long, since it may have been told before. */
static size_t reap_children(const struct children *killed)
{
    const struct timespec pause = { .tv_nsec = 10000000L };
    sigset_t child;
    size_t left = 0;
    for (size_t i = 0; i < killed->count; i++)
        left += waitpid(killed->pids[i], NULL, WNOHANG) == 0;
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    if (left == killed->count)
        (void)sigtimedwait(&child, NULL, &pause);
    return left;
}

/*
 * Whoever had children leaves them to us, so it takes as many rounds as they are generations. All
 * are killed before any is waited for: what forks on and on has the less time for it.
 */
size_t children_end_all(const struct children *spared)
{
    const int64_t due_us = clock_monotonic_us() + CHILDREN_PATIENCE_S * CLOCK_SECOND;
    for (;;) {
        CLEANUP(children_clear) struct children killed;
        kill_children(spared, &killed);
        if (killed.count == 0)
            return 0;
        size_t left = reap_children(&killed);
        if (clock_monotonic_us() >= due_us)
            return left ? left : 1; /* the last of them may have forked before they ended */
    }
}
