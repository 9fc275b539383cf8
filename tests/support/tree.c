#include "tests/support/test.h"

#include "tests/support/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/digest/sha256.h"

static void file_put(const char *path, const char *text, unsigned mode)
{
    (void)chmod(path,
                0600); /* one that may not be written is changed all the same, not by root only */
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_ok(file_write_all(fd, text, strlen(text), &err));
    assert_int_equal(fchmod(fd, mode ? mode : 0644), 0);
}

void tree_put(const char *folder, const struct tree_item *item)
{
    static const struct timespec times[2] = { { 1700000000, 0 }, { 1700000000, 123456789 } };
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, item->path);
    switch (item->kind) {
    case 'f':
        file_put(path, item->text, item->mode);
        break;
    case 'd':
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        assert_int_equal(chmod(path, item->mode ? item->mode : 0755), 0);
        break;
    case 'l':
        (void)unlink(path);
        assert_int_equal(symlink(item->text, path), 0);
        break;
    default:
        assert_int_equal(mkfifo(path, 0600), 0);
    }
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* Folders that may not be written become so when all is in them: not everybody is root. */
void tree_make(const char *folder, const struct tree_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tree_item item = items[i];
        item.mode = item.kind == 'd' ? 0 : item.mode;
        tree_put(folder, &item);
    }
    for (size_t i = count; i-- > 0;)
        if (items[i].kind == 'd' && items[i].mode)
            tree_put(folder, &items[i]);
}

void tree_drop(const char *folder, const char *path)
{
    CLEANUP(closep) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char parent[4096];
    (void)snprintf(parent, sizeof(parent), "%s/%s", folder, path);
    assert_ok(tree_remove(dir, path, &err));
}

static const char *content_text(const char *path, const struct stat *st, struct arena *arena)
{
    char text[4096] = "";
    if (S_ISLNK(st->st_mode)) {
        ssize_t len = readlink(path, text, sizeof(text) - 1);
        text[len < 0 ? 0 : len] = '\0';
    } else if (S_ISREG(st->st_mode)) {
        CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_ok(sha256_file(fd, text, NULL, &err));
    }
    return arena_printf(arena, "%s", text);
}

static int every_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static const char *folder_print(const char *folder, const char *shown, const char *so_far,
                                struct arena *arena)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, every_name, by_bytes);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        const char *path = path_join(arena, folder, entries[i]->d_name);
        const char *name = arena_printf(arena, "%s/%s", shown, entries[i]->d_name);
        struct stat st;
        assert_int_equal(lstat(path, &st), 0);
        so_far = arena_printf(arena, "%s%o %lld.%09ld %lld %s %s\n", so_far, st.st_mode,
                              (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                              S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size,
                              content_text(path, &st, arena), name);
        if (S_ISDIR(st.st_mode))
            so_far = folder_print(path, name, so_far, arena);
        free(entries[i]);
    }
    free(entries);
    return so_far;
}

const char *tree_print(const char *folder, struct arena *arena)
{
    return folder_print(folder, "", "", arena);
}
