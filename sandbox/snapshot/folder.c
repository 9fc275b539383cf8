#include "sandbox/snapshot/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/resolve.h"

bool folder_open_real(const char *path, int flags, int *out_fd, struct error *err)
{
    int fd = resolve_open(AT_FDCWD, path, flags | O_DIRECTORY, 0,
                          RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (fd < 0 && errno == ELOOP) {
        error_set(err, CONFLICT, "%.160s leads through a link that was not there before", path);
        return error_hint(err, "a program may have put it there: see what holds the folder now");
    }
    if (fd < 0)
        return error_set_errno(err, "open %s", path);
    *out_fd = fd;
    return true;
}

/* fd names the folder without opening it, so that nothing else is opened up. */
static bool named_open_up(int fd, const char *name, mode_t need, int *out_fd, mode_t *out_was,
                          struct error *err)
{
    char self[32];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if ((st.st_mode & need) != need) {
        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        (void)chmod(self, (st.st_mode & 07777) | need); /* the open tells when it did not help */
    }
    int opened = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return error_set_errno(err, "open %s", name);
    *out_fd = opened;
    *out_was = st.st_mode & 07777;
    return true;
}

bool folder_open_up(int dir, const char *name, mode_t need, int *out_fd, mode_t *out_was,
                    struct error *err)
{
    CLEANUP(closep) int fd = -1;
    return file_open_same_mount(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, &fd, err) &&
           named_open_up(fd, name, need, out_fd, out_was, err);
}

bool folder_open_up_root(const char *path, mode_t need, int *out_fd, mode_t *out_was,
                         struct error *err)
{
    CLEANUP(closep) int fd = -1;
    return folder_open_real(path, O_PATH, &fd, err) &&
           named_open_up(fd, path, need, out_fd, out_was, err);
}

void folder_close_up(int fd, mode_t need, mode_t was)
{
    if ((was & need) != need)
        (void)fchmod(fd, was);
}
