#include "sandbox/linux/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/resolve.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

#define INERT (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Descriptors from before belong to the old namespace's mounts; so by path again, without following
 * a link, and only if it is still the same object: which may be a link. */
static int target_open(const char *path, const struct path_id *id, int *out_fd)
{
    CLEANUP(closep)
    int fd = resolve_open(AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0,
                          RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return errno;
    if (id && (st.st_ino != id->ino || st.st_dev != id->dev))
        return ESTALE;
    *out_fd = STEAL_FD(fd);
    return 0;
}

static int mount_attach(int mount, int target)
{
    long rc = syscall(SYS_move_mount, mount, "", target, "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    return rc < 0 ? errno : 0;
}

/* A copy of what is at a descriptor, with all that is mounted below it. */
static int mount_copy(int dir, const char *path, int *out_fd)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
                     (path[0] ? 0U : (unsigned)AT_EMPTY_PATH);
    int fd = (int)syscall(SYS_open_tree, dir, path, flags);
    if (fd < 0)
        return errno;
    *out_fd = fd;
    return 0;
}

static int bind_onto_itself(const char *path, const struct path_id *id, uint64_t attributes)
{
    CLEANUP(closep) int target = -1;
    CLEANUP(closep) int copy = -1;
    int rc = target_open(path, id, &target);
    if (!rc)
        rc = mount_copy(target, "", &copy);
    struct mount_attr attr = { .attr_set = attributes };
    if (!rc && attributes &&
        syscall(SYS_mount_setattr, copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
        rc = errno;
    return rc ? rc : mount_attach(copy, target);
}

/* A file system with a file and a folder that only privilege could open; copies of them stay. */
static int veil_make(int *out_fd)
{
    CLEANUP(closep) int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "size", "64k", 0) < 0 ||
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return errno;
    CLEANUP(closep) int veil = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    if (veil < 0 || mkdirat(veil, "folder", 0) < 0)
        return errno;
    struct mount_attr attr = { .attr_set = INERT };
    if (mknodat(veil, "file", S_IFREG, 0) < 0 ||
        syscall(SYS_mount_setattr, veil, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
        return errno;
    /* Over the root, until veil_drop: only what is attached somewhere may be copied. */
    CLEANUP(closep) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = root < 0 ? errno : mount_attach(veil, root);
    if (rc)
        return rc;
    *out_fd = STEAL_FD(veil);
    return 0;
}

/* A path begins below what is mounted over the root, but ".." and relative links that come to the
 * root end on top of it: there the veil is still, and may not stay. */
static int veil_drop(void)
{
    return umount2("/..", MNT_DETACH) < 0 ? errno : 0;
}

static uint64_t attributes_of(unsigned denied)
{
    return (denied & NONO_WRITE ? (uint64_t)MOUNT_ATTR_RDONLY : 0) |
           (denied & NONO_EXECUTE ? (uint64_t)MOUNT_ATTR_NOEXEC : 0) |
           (denied & NONO_DEVICE ? (uint64_t)MOUNT_ATTR_NODEV : 0);
}

static int mask_hide(const struct plan_mask *mask, int veil)
{
    if (!(mask->access & NONO_READ))
        return bind_onto_itself(mask->path, &mask->id, attributes_of(mask->access));
    CLEANUP(closep) int target = -1;
    CLEANUP(closep) int copy = -1;
    int rc = target_open(mask->path, &mask->id, &target);
    if (!rc)
        rc = mount_copy(veil, mask->is_dir ? "folder" : "file", &copy);
    return rc ? rc : mount_attach(copy, target);
}

int mounts_hide(const struct plan *plan)
{
    CLEANUP(closep) int veil = -1;
    int rc = veil_make(&veil);
    for (size_t i = 0; i < plan->mask_count && !rc; i++)
        if (plan->masks[i].in_grant && plan->masks[i].exists)
            rc = mask_hide(&plan->masks[i], veil);
    /* Inside out: a copy takes along what is mounted below it. */
    for (size_t i = plan->pin_count; i-- > 0 && !rc;)
        rc = bind_onto_itself(plan->pins[i].path, &plan->pins[i].id, 0);
    return rc ? rc : veil_drop();
}
