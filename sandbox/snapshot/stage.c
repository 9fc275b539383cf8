#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "sandbox/snapshot/facts.h"
#include "sandbox/snapshot/restore.h"

bool facts_set_fd(int fd, const struct node *node, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if (!facts_are_ours(st.st_uid)) /* a folder: the plan has it as it is */
        return true;
    if (geteuid() == 0 && (st.st_uid != node->uid || st.st_gid != node->gid) &&
        fchown(fd, node->uid, node->gid) != 0)
        return error_set_errno(err, "chown");
    mode_t mode = node->mode;
    if (node->kind == NODE_FOLDER)
        mode |= st.st_mode & S_ISGID; /* how a folder hands on its group is not ours to change */
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, facts_timespec(node->mtime_ns) };
    if (fchmod(fd, mode) != 0 || futimens(fd, times) != 0)
        return error_set_errno(err, "set permissions and times");
    return true;
}

/* By a descriptor that names the file without opening it: there may be no right to, and a link
 * that takes its place is not followed. */
static bool mode_set(int dir, const struct node *node, struct error *err)
{
    char path[64];
    CLEANUP(closep) int fd = -1;
    if (!file_open_same_mount(dir, node->name, O_PATH | O_NOFOLLOW, 0, &fd, err))
        return false;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return chmod(path, node->mode) == 0 || error_set_errno(err, "chmod");
}

bool facts_set(int dir, const struct node *node, struct error *err)
{
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, facts_timespec(node->mtime_ns) };
    if (geteuid() == 0 && fchownat(dir, node->name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) != 0)
        return error_set_errno(err, "chown");
    if (node->kind == NODE_FILE && !mode_set(dir, node, err))
        return false;
    return utimensat(dir, node->name, times, AT_SYMLINK_NOFOLLOW) == 0 ||
           error_set_errno(err, "set times");
}

void staging_name(char out[JOURNAL_STAGING_TEXT])
{
    memcpy(out, JOURNAL_STAGING, sizeof(JOURNAL_STAGING));
    random_hex(out + strlen(JOURNAL_STAGING), 16);
}

static bool file_stage(struct restore *restore, int dir, const char *name, const struct node *node,
                       struct error *err)
{
    CLEANUP(closep) int fd = -1;
    if (!file_open_beneath(dir, name, O_RDWR | O_CREAT | O_EXCL, 0600, &fd, err) ||
        !snapshot_store_extract(restore->store, node->digest, fd, err) ||
        !facts_set_fd(fd, node, err))
        return false;
    if (dir != restore->staging)
        return fdatasync(fd) == 0 || error_set_errno(err, "fdatasync");
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* begun now, waited for at the end */
    return true;
}

static bool link_stage(struct restore *restore, int dir, const char *name, const struct node *node,
                       struct error *err)
{
    struct writer target = { 0 };
    bool ok =
        snapshot_store_read(restore->store, node->digest, LIMIT_SNAPSHOT_LINK_BYTES, &target, err);
    if (ok) {
        put_u8(&target, 0);
        ok = symlinkat((const char *)target.bytes, dir, name) == 0 ||
             error_set_errno(err, "make the link");
    }
    writer_clear(&target);
    if (!ok)
        return false;
    struct node named = *node;
    named.name = name;
    return facts_set(dir, &named, err);
}

bool content_stage(struct restore *restore, int dir, const char *name, const struct node *node,
                   struct error *err)
{
    if (node->kind == NODE_FOLDER) {
        if (mkdirat(dir, name, 0700) != 0)
            return error_set_errno(err, "mkdir");
    } else if (node->kind == NODE_LINK ? !link_stage(restore, dir, name, node, err)
                                       : !file_stage(restore, dir, name, node, err)) {
        return false;
    }
    crash_point("snapshot.staged");
    return true;
}

static bool node_stage(struct restore *restore, const struct node *node, struct error *err)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", node->staged);
    return content_stage(restore, restore->staging, number, node, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
bool stage_contents(struct restore *restore, const struct node *want, struct error *err)
{
    for (size_t i = 0; i < want->count; i++) {
        const struct node *node = &want->children[i];
        if (!node->changed)
            continue;
        if ((node->staged && !node_stage(restore, node, err)) ||
            (node->kind == NODE_FOLDER && !stage_contents(restore, node, err)))
            return error_prefix(err, "%s", node->name);
    }
    return true;
}

/* The first waits for the file system's journal, which then has the others' part too. */
bool staging_sync(const struct restore *restore, uint32_t count, struct error *err)
{
    for (uint32_t i = 1; i <= count; i++) {
        char number[16];
        CLEANUP(closep) int fd = -1;
        (void)snprintf(number, sizeof(number), "%u", i);
        struct error no_file; /* a link or a folder: the sync of the staging folder has them */
        if (file_open_beneath(restore->staging, number, O_RDONLY | O_NONBLOCK, 0, &fd, &no_file) &&
            fdatasync(fd) != 0)
            return error_set_errno(err, "fdatasync");
    }
    return file_sync(restore->staging, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
bool folders_sync(int dir, const struct node *want, struct error *err)
{
    for (size_t i = 0; i < want->count; i++) {
        const struct node *node = &want->children[i];
        CLEANUP(closep) int fd = -1;
        if (node->kind != NODE_FOLDER || !node->changed)
            continue;
        struct error no_folder; /* what had to stay something else */
        if (file_open_same_mount(dir, node->name, O_RDONLY | O_DIRECTORY, 0, &fd, &no_folder) &&
            !folders_sync(fd, node, err))
            return false;
    }
    return file_sync(dir, err);
}
