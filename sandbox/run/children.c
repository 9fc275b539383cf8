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
#include "lib/base/mem.h"

/* Passed on; and what tells that the program has stopped, and that we go on after a stop. Whether
 * we stop is the program's to say, so SIGTSTP is among them. */
static const int watched[] = { SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                               SIGUSR2, SIGWINCH, SIGTSTP, SIGCHLD, SIGCONT };

void children_signals_take(struct children_signals *out_before, sigset_t *out_watched)
{
    const struct sigaction ignored = { .sa_handler = SIG_IGN };
    (void)sigemptyset(out_watched);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        (void)sigaddset(out_watched, watched[i]);
    (void)pthread_sigmask(SIG_BLOCK, out_watched, &out_before->mask);
    (void)sigaction(SIGXFSZ, &ignored, &out_before->file_limit);
}

int children_signals_give(const struct children_signals *before)
{
    if (sigaction(SIGXFSZ, &before->file_limit, NULL) < 0)
        return errno;
    return pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
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

int children_begin(pid_t parent, const struct children_signals *signals)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return errno;
    if (getppid() != parent)
        return ESRCH;
    int rc = children_signals_give(signals);
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

/* Says whether there was one to end. */
static bool end_children(const struct children *spared, pid_t except)
{
    CLEANUP(children_clear) struct children now;
    bool any = false;
    children_list(&now);
    for (size_t i = 0; i < now.count; i++) {
        if (now.pids[i] == except || is_among(spared, now.pids[i]))
            continue;
        any = true;
        (void)kill(now.pids[i], SIGKILL);
        (void)waitpid(now.pids[i], NULL, 0);
    }
    return any;
}

/* Whoever had children leaves them to us, so it takes as many rounds as they are generations. */
void children_end_all(const struct children *spared, pid_t except)
{
    while (end_children(spared, except))
        continue;
}
