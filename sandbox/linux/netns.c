#include "sandbox/linux/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/record.h"

#define DOOR_BACKLOG 1024

void netns_prepare(struct netns_plan *out)
{
    unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
    (void)snprintf(out->uid_map, sizeof(out->uid_map), "%u %u 1\n", uid, uid);
    (void)snprintf(out->gid_map, sizeof(out->gid_map), "%u %u 1\n", gid, gid);
}

static bool fault(struct netns_failure *failure, enum netns_step step)
{
    *failure = (struct netns_failure){ .step = step, .sys = errno };
    return false;
}

static bool write_text(const char *path, const char *text)
{
    size_t len = strlen(text);
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, len) == (ssize_t)len;
}

/* An unprivileged process may map its own ids alone, and must give up setgroups first. */
static bool map_ids(const struct netns_plan *plan)
{
    /* /proc/self belongs to root while the process is not dumpable */
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    bool done = write_text("/proc/self/setgroups", "deny") &&
                write_text("/proc/self/uid_map", plan->uid_map) &&
                write_text("/proc/self/gid_map", plan->gid_map);
    int sys = errno;
    (void)prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0);
    errno = sys;
    return done;
}

static bool loopback_up(void)
{
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = { .ifr_name = "lo" };
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return false;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

static int door_open(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(NETNS_DOOR_PORT),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, DOOR_BACKLOG) == 0)
        return fd;
    int sys = errno;
    (void)close(fd);
    errno = sys;
    return -1;
}

bool netns_enter(const struct netns_plan *plan, int *out_door, struct netns_failure *failure)
{
    if (unshare(CLONE_NEWNET) < 0) {
        if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return fault(failure, NETNS_UNSHARE);
        if (!map_ids(plan))
            return fault(failure, NETNS_MAP);
    }
    if (!loopback_up())
        return fault(failure, NETNS_LOOPBACK);
    int door = door_open();
    if (door < 0)
        return fault(failure, NETNS_DOOR);
    *out_door = door;
    return true;
}

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

bool netns_send(int socket, int fd)
{
    char byte = 0;
    struct iovec data = { &byte, 1 };
    union control control = { .bytes = { 0 } };
    struct msghdr message = { .msg_iov = &data,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof(control.bytes) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

int netns_receive(int socket)
{
    char byte;
    int fd = -1;
    struct iovec data = { &byte, 1 };
    union control control = { .bytes = { 0 } };
    struct msghdr message = { .msg_iov = &data,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof(control.bytes) };
    ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got <= 0) {
        errno = got == 0 ? 0 : errno;
        return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(fd))) {
        errno = EPROTO;
        return -1;
    }
    memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return fd;
}

/* Switches by which systems forbid what we need, and what to say about each. */
static const struct {
    const char *path, *value, *reason, *hint;
} switches[] = {
    { "/proc/sys/user/max_user_namespaces", "0",
      "user namespaces are switched off (user.max_user_namespaces is 0)",
      "an administrator can allow them: sysctl user.max_user_namespaces=10000" },
    { "/proc/sys/user/max_net_namespaces", "0",
      "network namespaces are switched off (user.max_net_namespaces is 0)",
      "an administrator can allow them: sysctl user.max_net_namespaces=10000" },
    { "/proc/sys/kernel/unprivileged_userns_clone", "0",
      "user namespaces are reserved to root (kernel.unprivileged_userns_clone is 0)",
      "an administrator can allow them: sysctl kernel.unprivileged_userns_clone=1" },
    { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
      "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)",
      "an administrator can give nono an AppArmor profile that has the line `userns,`" },
};

static bool switch_is(const char *path, const char *value)
{
    char text[16] = "";
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    return len > 0 && strcmp(strtok_r(text, "\n", &(char *){ NULL }), value) == 0;
}

bool netns_explain(const struct netns_failure *failure, struct error *err)
{
    static const char *const steps[] = {
        [NETNS_UNSHARE] = "making a network namespace",
        [NETNS_MAP] = "mapping the user into its namespace",
        [NETNS_LOOPBACK] = "setting the namespace's loopback up",
        [NETNS_DOOR] = "listening inside the network namespace",
        [NETNS_SEND] = "handing the listening socket to the supervisor",
    };
    for (size_t i = 0; i < COUNT(switches); i++) {
        if (!switch_is(switches[i].path, switches[i].value))
            continue;
        (void)error_raise(err, ERROR_UNAVAILABLE, failure->sys, ERROR_HERE, "%s: %s",
                          steps[failure->step], switches[i].reason);
        return error_hint(err, "%s", switches[i].hint);
    }
    (void)error_raise(err, ERROR_UNAVAILABLE, failure->sys, ERROR_HERE, "%s: %s",
                      steps[failure->step], error_system_text(failure->sys));
    return error_hint(err, "a container may forbid namespaces; an allow-list of hosts needs them");
}

static void probe_child(int pipe)
{
    struct netns_plan plan;
    struct netns_failure failure = { .sys = 0 };
    int door = -1;
    netns_prepare(&plan);
    if (netns_enter(&plan, &door, &failure))
        failure.sys = 0;
    _exit(write(pipe, &failure, sizeof(failure)) == (ssize_t)sizeof(failure) ? 0 : 1);
}

bool netns_probe(struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    CLEANUP(closep) int from = ends[0];
    int to = ends[1];
    pid_t child = fork();
    if (child == 0)
        probe_child(to);
    int sys = errno;
    (void)close(to);
    if (child < 0) {
        errno = sys;
        return error_set_errno(err, "fork");
    }

    struct netns_failure failure = { .sys = 0 };
    ssize_t got = read(from, &failure, sizeof(failure));
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (got != (ssize_t)sizeof(failure))
        return error_set(err, UNAVAILABLE, "the network namespace probe did not answer");
    return failure.sys == 0 ? true : netns_explain(&failure, err);
}
