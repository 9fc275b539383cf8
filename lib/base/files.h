/*
 * Files, by descriptor. Names are resolved relative to a directory descriptor; the _beneath forms
 * never leave it and follow no link (lib/base/resolve.h). Writes are durable: temporary file,
 * fsync, rename, fsync of the folder. Descriptors are close-on-exec.
 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

/* A directory by any path, for use as a starting point. */
bool dir_open(const char *path, int *out_fd, struct error *err) MUST_CHECK;

/* Beneath dir, without following links. NOT_FOUND when there is nothing. With O_NONBLOCK a file of
 * which somebody has a lease that stands against it is not waited for: err->sys is then EAGAIN. */
bool file_open_beneath(int dir, const char *path, int flags, mode_t mode, int *out_fd,
                       struct error *err) MUST_CHECK;

/* The same, and no other file system or bind mount is entered: err->sys is then EXDEV. */
bool file_open_same_mount(int dir, const char *path, int flags, mode_t mode, int *out_fd,
                          struct error *err) MUST_CHECK;

/* Makes every missing directory of a relative path beneath dir with mode; those made are synced. */
bool dir_make_beneath(int dir, const char *path, mode_t mode, struct error *err) MUST_CHECK;
/* The same for an absolute path, following links as mkdir -p does. */
bool dir_make_path(const char *path, mode_t mode, struct error *err) MUST_CHECK;

/* The whole of a regular file, NUL behind it. TOO_LARGE over max_bytes. */
bool file_read(int fd, size_t max_bytes, struct arena *arena, const char **out, size_t *out_len,
               struct error *err) MUST_CHECK;
bool file_read_beneath(int dir, const char *path, size_t max_bytes, struct arena *arena,
                       const char **out, size_t *out_len, struct error *err) MUST_CHECK;
/* *out is NULL when there is no such file. */
bool file_read_if_there(const char *path, size_t max_bytes, struct arena *arena, const char **out,
                        size_t *out_len, struct error *err) MUST_CHECK;
bool file_read_path(const char *path, size_t max_bytes, struct arena *arena, const char **out,
                    size_t *out_len, struct error *err) MUST_CHECK;

/* Writes all of it; retries what is cut short. */
bool file_write_all(int fd, const void *bytes, size_t len, struct error *err) MUST_CHECK;

/* Replaces dir/name (one component) as a whole, durably; before a failure the old file stays. */
bool file_replace(int dir, const char *name, const void *bytes, size_t len, mode_t mode,
                  struct error *err) MUST_CHECK;

/* fsync of a descriptor, and of the directory it names. */
bool file_sync(int fd, struct error *err) MUST_CHECK;

/*
 * Removes dir/name and all below it, however deep, following no link; what is in folders that their
 * owner may not write, too. Nothing there is success. No other file system or bind mount is
 * entered, and what leads to one stays: CONFLICT, when all else is gone.
 */
bool tree_remove(int dir, const char *name, struct error *err) MUST_CHECK;
/* The same, but *out_left says whether something stayed, and that is no failure. */
bool tree_clear(int dir, const char *name, bool *out_left, struct error *err) MUST_CHECK;

/* Whether a path leads to a regular file that may be run. Relative ones begin where we are. */
bool file_is_program(const char *path);

/* "a/b" from its parts, in arena. */
const char *path_join(struct arena *arena, const char *folder, const char *name);

/*
 * Whether a path begins at the root and has nothing to be left out: no "//", no slash at the end,
 * no part that is "." or begins with "..".
 */
bool path_is_plain(const char *path);
