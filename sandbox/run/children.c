#include "sandbox/run/children.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };

void children_signals(sigset_t *out)
{
    (void)sigemptyset(out);
    for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
        (void)sigaddset(out, forwarded[i]);
}

static bool is_connected_kind(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           (type == SOCK_STREAM || type == SOCK_SEQPACKET);
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
        else if (S_ISSOCK(st.st_mode) && !network_open && !is_connected_kind(fd))
            what = "a socket of datagrams";
        if (what)
            return error_set(err, DENIED, "descriptor %d is %s: it would lead past the sandbox", fd,
                             what);
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
    if (rc)
        return rc;
    return children_close_descriptors();
}

/* Ends each child of this process but one. *out_ended: how many there were. */
static bool end_children(pid_t except, size_t *out_ended)
{
    char path[64], text[4096];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    *out_ended = 0;
    if (len < 0)
        return false;
    text[len] = '\0';
    char *end;
    for (char *at = text; *at; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || (*end != ' ' && len == (ssize_t)sizeof(text) - 1)) /* or cut: next time */
            break;
        if (pid > 0 && pid != except) {
            (void)kill((pid_t)pid, SIGKILL);
            (void)waitpid((pid_t)pid, NULL, 0);
            ++*out_ended;
        }
        while (*end == ' ')
            end++;
    }
    return true;
}

/* Whoever had children leaves them to us, so it takes as many rounds as they are generations. */
void children_end_all(pid_t except)
{
    if (!except && waitpid(-1, NULL, WNOHANG) < 0)
        return; /* none: the usual case */
    size_t ended;
    while (end_children(except, &ended) && ended > 0)
        continue;
}
