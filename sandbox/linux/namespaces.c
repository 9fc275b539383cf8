#include "sandbox/linux/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

static int text_write(const char *path, const char *text)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t len = (ssize_t)strlen(text);
    return write(fd, text, (size_t)len) == len ? 0 : errno;
}

static int ids_write(unsigned uid, unsigned gid)
{
    char map[64];
    int rc = text_write("/proc/self/setgroups", "deny");
    if (rc && rc != ENOENT)
        return rc;
    (void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
    rc = text_write("/proc/self/uid_map", map);
    if (rc)
        return rc;
    (void)snprintf(map, sizeof(map), "%u %u 1", gid, gid);
    return text_write("/proc/self/gid_map", map);
}

/* /proc/self belongs to root while the process is not dumpable, as after setuid(2). */
static int ids_map(unsigned uid, unsigned gid)
{
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    int rc = ids_write(uid, gid);
    (void)prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0);
    return rc;
}

int namespaces_enter(int flags)
{
    unsigned uid = geteuid(), gid = getegid();
    if (unshare(flags) < 0) {
        if (errno != EPERM || unshare(flags | CLONE_NEWUSER) < 0)
            return errno;
        int rc = ids_map(uid, gid);
        if (rc)
            return rc;
    }
    if (flags & CLONE_NEWNS && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return errno;
    return 0;
}
