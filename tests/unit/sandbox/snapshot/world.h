/* A folder with a bit of everything, a store beside it, and what a test does with the two. */
#pragma once

#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "sandbox/snapshot/snapshot.h"
#include "tests/support/tree.h"

static char base[64], state[80], folder[80];
static struct snapshot_store *store;
static struct arena *arena;
static const struct snapshot_restoring at_once;

static const struct tree_item items[] = {
    { 'f', "README", "read me\n", 0 },
    { 'f', "empty", "", 0 },
    { 'f', "twin", "read me\n", 0600 },
    { 'd', "src", NULL, 0 },
    { 'f', "src/run.sh", "#!/bin/sh\n", 0755 },
    { 'f', "src/a\nb \x1b[31m\xff", "odd name", 0 },
    { 'd', "src/none", NULL, 0700 },
    { 'd', "src/deep", NULL, 0 },
    { 'd', "src/deep/er", NULL, 0 },
    { 'f', "src/deep/er/f", "deep", 0400 },
    { 'l', "link", "src/run.sh", 0 },
    { 'l', "dangling", "/nowhere/at/all", 0 },
    { 'd', "old", NULL, 0 },
    { 'f', "old/1", "one", 0 },
    { 'f', "old/2", "two", 0 },
};

/* One file above the size that is copied in the kernel. */
static inline void large_put(char fill)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/large", folder);
    CLEANUP(freep) char *bytes = xcalloc(1, 3 * MIB + 5);
    memset(bytes, fill, 3 * MIB + 5);
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_ok(file_write_all(fd, bytes, 3 * MIB + 5, &err));
}

static inline int world_make(void **unused)
{
    (void)unused;
    (void)snprintf(base, sizeof(base), "/tmp/nono-snapshot-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    (void)snprintf(state, sizeof(state), "%s/state", base);
    (void)snprintf(folder, sizeof(folder), "%s/work", base);
    if (mkdir(folder, 0755) != 0)
        return -1;
    tree_make(folder, items, COUNT(items));
    large_put('x');
    arena = arena_new();
    assert_ok(snapshot_store_open(state, &store, &err));
    return 0;
}

static inline int world_remove(void **unused)
{
    (void)unused;
    struct error err;
    snapshot_store_free(store);
    arena_free(arena);
    return tree_remove(AT_FDCWD, base, &err) ? 0 : -1;
}

static inline struct snapshot_result take(const char *name)
{
    const struct snapshot_options options = { .folder = folder, .name = name };
    struct snapshot_result result;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    return result;
}

static inline struct snapshot_restored go_back(const struct snapshot *snapshot)
{
    struct snapshot_restored restored;
    assert_ok(snapshot_restore(store, snapshot, &at_once, arena, &restored, &err));
    return restored;
}

static inline uint64_t faults_of(const struct snapshot *snapshot)
{
    struct snapshot_verified verified;
    assert_ok(snapshot_verify(store, snapshot, arena, &verified, &err));
    return verified.fault_count;
}

/* What a busy agent might do to all of it. */
static inline void everything_change(void)
{
    static const struct tree_item changed[] = {
        { 'f', "README", "something else\n", 0755 },
        { 'f', "new", "new", 0 },
        { 'd', "newer", NULL, 0 },
        { 'd', "newer/still", NULL, 0555 },
        { 'f', "newer/still/f", "x", 0 },
        { 'p', "newer/fifo", NULL, 0 },
        { 'f', "dangling", "no link any more", 0 },
        { 'd', "src/deep", NULL, 0500 },
    };
    tree_drop(folder, "dangling");
    tree_drop(folder, "src/run.sh");
    tree_drop(folder, "twin");
    tree_drop(folder, "old");
    tree_drop(folder, "empty");
    tree_make(folder, changed, COUNT(changed));
    tree_put(folder, &(struct tree_item){ 'd', "twin", NULL, 0 });
    tree_put(folder, &(struct tree_item){ 'f', "twin/f", "in the way", 0 });
    tree_put(folder, &(struct tree_item){ 'f', "old", "a file now", 0 });
    tree_put(folder, &(struct tree_item){ 'l', "link", "elsewhere", 0 });
    large_put('y');
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)
