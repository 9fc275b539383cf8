/* Opening the folder that a snapshot is of, and folders whose permissions keep their owner out. */
#pragma once

#include <sys/stat.h>

#include "lib/base/error.h"

#define FOLDER_LOOK   (S_IRUSR | S_IXUSR)
#define FOLDER_CHANGE S_IRWXU

/*
 * The folder that a snapshot is of, by its path without links. Time goes by between finding the
 * path and opening it, and who may write in a folder above can put a link in it: that is a
 * CONFLICT.
 */
bool folder_open_real(const char *path, int flags, int *out_fd, struct error *err) MUST_CHECK;

/*
 * Opens dir/name, one component, as file_open_same_mount does. Where the owner lacks one of the
 * permissions of need they are given first; *out_was is what they were, to be put back by whoever
 * only looked.
 */
bool folder_open_up(int dir, const char *name, mode_t need, int *out_fd, mode_t *out_was,
                    struct error *err) MUST_CHECK;
/* The same of the folder that a snapshot is of. */
bool folder_open_up_root(const char *path, mode_t need, int *out_fd, mode_t *out_was,
                         struct error *err) MUST_CHECK;
/* Puts back what was found, when it was opened up. */
void folder_close_up(int fd, mode_t need, mode_t was);
