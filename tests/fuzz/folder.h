/* A folder for targets that read files; it goes when the process ends. */
#pragma once

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/files.h"

static char fuzz_folder[] = "/tmp/nono-fuzz-XXXXXX";
static int fuzz_dir = -1;

static void fuzz_folder_remove(void)
{
    struct error err;
    bool gone = tree_remove(AT_FDCWD, fuzz_folder, &err);
    assert(gone);
}

/* Its path; made at the first call. */
static const char *fuzz_folder_get(void)
{
    struct error err;
    if (fuzz_dir < 0) {
        bool made = mkdtemp(fuzz_folder) && dir_open(fuzz_folder, &fuzz_dir, &err);
        assert(made && atexit(fuzz_folder_remove) == 0);
    }
    return fuzz_folder;
}

/* A file in it; not synced, unlike the project's own. */
static void fuzz_file_put(const char *name, const void *bytes, size_t len)
{
    struct error err;
    (void)fuzz_folder_get();
    CLEANUP(closep)
    int fd = openat(fuzz_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool put = fd >= 0 && file_write_all(fd, bytes, len, &err);
    assert(put);
}
