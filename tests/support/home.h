/* A home folder that a test furnishes. */
#pragma once

#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/files.h"

/* Writes home/path, which has a folder, and the folders on the way. */
static inline void home_put(int home, const char *path, const char *text)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int folder = -1;
    const char *slash = strrchr(path, '/');
    const char *parent = arena_strndup(arena, path, (size_t)(slash - path));
    assert_ok(dir_make_beneath(home, parent, 0700, &err));
    assert_ok(file_open_beneath(home, parent, O_RDONLY | O_DIRECTORY, 0, &folder, &err));
    assert_ok(file_replace(folder, slash + 1, text, strlen(text), 0600, &err));
}
