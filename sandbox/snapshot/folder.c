#include "sandbox/snapshot/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"

/* By a descriptor that names the folder without opening it, so that nothing else is opened up. */
bool folder_open_up(int dir, const char *name, mode_t need, int *out_fd, mode_t *out_was,
                    struct error *err)
{
    char self[32];
    struct stat st;
    CLEANUP(closep) int fd = -1;
    if (!file_open_same_mount(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, &fd, err))
        return false;
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
