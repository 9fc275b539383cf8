#include "sandbox/linux/features.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "sandbox/linux/landlock.h"
#include "sandbox/linux/namespaces.h"
#include "sandbox/linux/netns.h"
#include "sandbox/linux/seccomp.h"

/* A child whose end sends no signal: libnono's callers may have handlers for theirs, or ignore
 * SIGCHLD, and then it could not be waited for. */
static pid_t fork_silent(void)
{
    return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

/* Some systems let a program make namespaces and then do nothing in them: so something is done. */
static bool child_can(bool (*act)(void))
{
    pid_t pid = fork_silent();
    if (pid == 0)
        _exit(act() ? 0 : 1);
    int status = 1;
    return pid > 0 && waitpid(pid, &status, __WALL) == pid && status == 0;
}

static bool user_namespace_make(void)
{
    return unshare(CLONE_NEWUSER) == 0;
}

/* Root may lack the right to map itself; anybody else has it, and need not spend time on that. */
static bool mount_namespace_make(void)
{
    if (geteuid() == 0)
        return namespaces_enter(CLONE_NEWNS) == 0;
    return unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool network_namespace_make(void)
{
    struct netns_plan plan;
    struct netns_failure failure;
    int door;
    netns_prepare(&plan);
    return netns_enter(&plan, &door, &failure);
}

bool features_mount_namespace(void)
{
    return child_can(mount_namespace_make);
}

bool features_network_namespace(void)
{
    return child_can(network_namespace_make);
}

/* Our own group, in a version 2 hierarchy ("0::/path"), and its folder open to us. */
static bool cgroup_is_delegated(void)
{
    char text[PATH_MAX + 8];
    CLEANUP(closep) int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (len <= 0)
        return false;
    text[len] = '\0';
    char *group = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (!group)
        return false;
    group = strchr(group, '/');
    if (!group)
        return false;
    group[strcspn(group, "\n")] = '\0';
    char path[2 * PATH_MAX];
    (void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", group);
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

void features_probe(struct features *out)
{
    *out = (struct features){
        .landlock_abi = landlock_abi(),
        .landlock_errata = landlock_errata(),
        .user_namespaces = child_can(user_namespace_make),
        .mount_namespaces = features_mount_namespace(),
        .network_namespaces = features_network_namespace(),
        .seccomp_notify = seccomp_has_notify(),
        .cgroup_delegated = cgroup_is_delegated(),
    };
}
