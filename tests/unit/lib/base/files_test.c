#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "tests/support/child.h"

static char folder[64];
static int dir = -1;

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nono-files-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -1 : 0;
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    close(dir);
    return tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

static void replace_writes_the_whole_file_with_its_mode(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text;
    size_t len;
    struct stat st;
    assert_ok(file_replace(dir, "a", "one", 3, 0600, &err));
    assert_ok(file_replace(dir, "a", "second", 6, 0755, &err));
    assert_ok(file_read_beneath(dir, "a", 6, arena, &text, &len, &err));
    assert_string_equal(text, "second");
    assert_int_equal(len, 6);
    assert_int_equal(fstatat(dir, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    assert_fails(file_read_beneath(dir, "a", 5, arena, &text, &len, &err), TOO_LARGE);
    assert_fails(file_read_beneath(dir, "b", 5, arena, &text, &len, &err), NOT_FOUND);
    assert_fails(file_replace(dir, "no/such", "x", 1, 0600, &err), NOT_FOUND);
}

static void beneath_neither_leaves_nor_follows(void **state)
{
    (void)state;
    int fd = -1;
    assert_ok(dir_make_beneath(dir, "in/side", 0700, &err));
    assert_ok(dir_make_beneath(dir, "in/side/deep", 0700, &err));
    assert_ok(file_replace(dir, "in/file", "x", 1, 0600, &err));
    assert_int_equal(symlinkat("file", dir, "in/link"), 0);
    assert_int_equal(symlinkat("/etc", dir, "out"), 0);

    struct error err;
    assert_true(file_open_beneath(dir, "in/file", O_RDONLY, 0, &fd, &err));
    close(fd);
    static const char *const bad[] = { "../x", "/etc/passwd", "in/link", "out/passwd",
                                       "in/../../x" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (file_open_beneath(dir, bad[i], O_RDONLY, 0, &fd, &err))
            fail_msg("opened %s", bad[i]);
    assert_false(dir_make_beneath(dir, "out/nono", 0700, &err));
}

static void a_lease_is_not_waited_for(void **state)
{
    (void)state;
    int fd = -1;
    assert_ok(file_replace(dir, "leased", "x", 1, 0600, &err));
    CLEANUP(closep) int holder = openat(dir, "leased", O_RDWR | O_CLOEXEC);
    (void)signal(SIGIO, SIG_IGN);
    assert_int_equal(fcntl(holder, F_SETLEASE, F_WRLCK), 0);
    struct error err;
    assert_false(file_open_beneath(dir, "leased", O_RDONLY | O_NONBLOCK, 0, &fd, &err));
    assert_int_equal(err.sys, EAGAIN);
    assert_int_equal(fcntl(holder, F_SETLEASE, F_UNLCK), 0);
    assert_true(file_open_beneath(dir, "leased", O_RDONLY | O_NONBLOCK, 0, &fd, &err));
    close(fd);
}

static void tree_remove_follows_no_link(void **state)
{
    (void)state;
    struct stat st;
    assert_ok(dir_make_beneath(dir, "keep", 0700, &err));
    assert_ok(file_replace(dir, "keep/file", "x", 1, 0600, &err));
    assert_ok(dir_make_beneath(dir, "tree/a/b", 0700, &err));
    assert_int_equal(symlinkat("../keep", dir, "tree/a/link"), 0);
    assert_ok(tree_remove(dir, "tree", &err));
    assert_int_equal(fstatat(dir, "keep", &st, 0), 0);
    assert_int_not_equal(fstatat(dir, "tree", &st, 0), 0);
    assert_ok(tree_remove(dir, "tree", &err));
}

/* As nobody, when root runs the tests: root may write everywhere. */
static int sealed_tree_removed(void)
{
    struct error err;
    if (geteuid() == 0 && (fchown(dir, 65534, 65534) != 0 || setgid(65534) || setuid(65534)))
        return 1;
    if (!dir_make_beneath(dir, "sealed/a/b", 0700, &err) ||
        fchmodat(dir, "sealed/a/b", 0, 0) != 0 || fchmodat(dir, "sealed/a", 0555, 0) != 0 ||
        fchmodat(dir, "sealed", 0500, 0) != 0)
        return 2;
    if (!tree_remove(dir, "sealed", &err))
        return 3;
    return faccessat(dir, "sealed", F_OK, 0) == 0 ? 4 : 0;
}

static void tree_remove_goes_into_sealed_folders(void **state)
{
    (void)state;
    int status;
    assert_int_equal(chmod(folder, 0755), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(sealed_tree_removed());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void tree_remove_is_not_stopped_by_depth(void **state)
{
    (void)state;
    struct rlimit before;
    int at = dup(dir);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(mkdirat(at, "n", 0755), 0);
        int next = openat(at, "n", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    close(at);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = { 256, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_ok(tree_remove(dir, "n", &err));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(faccessat(dir, "n", F_OK, 0), -1);
}

static bool mounted_make(void)
{
    static const char *const mounts[] = { "mixed/a/m", "mixed/a/f" };
    struct error err;
    closep(&dir); /* it is of the other namespace's mounts */
    if (!dir_open(folder, &dir, &err) || !dir_make_beneath(dir, "mixed/a/m", 0700, &err) ||
        !dir_make_beneath(dir, "mixed/b/c", 0700, &err) ||
        !file_replace(dir, "mixed/a/f", "", 0, 0600, &err) ||
        !file_replace(dir, "kept", "kept", 4, 0600, &err) || fchdir(dir) != 0)
        return false;
    return mount("tmpfs", mounts[0], "tmpfs", 0, NULL) == 0 &&
           mount("kept", mounts[1], NULL, MS_BIND, NULL) == 0 &&
           mkdirat(dir, "mixed/a/m/f", 0700) == 0;
}

/* Mounts of a folder and of a file, in a namespace of its own. */
static int mounted_tree_removed(void *context)
{
    (void)context;
    struct error err;
    bool left = false;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) != 0)
        return 77;
    if (!mounted_make())
        return 1;
    if (tree_remove(dir, "mixed", &err) || err.kind != ERROR_CONFLICT)
        return 2;
    if (!tree_clear(dir, "mixed", &left, &err) || !left)
        return 3;
    if (faccessat(dir, "mixed/a/m/f", F_OK, 0) != 0 || faccessat(dir, "kept", F_OK, 0) != 0)
        return 4;
    if (faccessat(dir, "mixed/b", F_OK, 0) == 0)
        return 5;
    if (umount("mixed/a/m") != 0 || umount("mixed/a/f") != 0)
        return 6;
    return tree_remove(dir, "mixed", &err) && faccessat(dir, "mixed", F_OK, 0) != 0 ? 0 : 7;
}

static void tree_remove_enters_no_other_file_system(void **state)
{
    (void)state;
    int verdict = in_child(mounted_tree_removed, NULL);
    if (verdict == 77)
        skip();
    assert_int_equal(verdict, 0);
}

static void make_path_is_mkdir_p(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = path_join(arena, folder, "p/q/r");
    int fd = -1;
    assert_ok(dir_make_path(path, 0700, &err));
    assert_ok(dir_make_path(path, 0700, &err));
    assert_ok(dir_open(path, &fd, &err));
    close(fd);
    assert_ok(file_replace(dir, "plain", "x", 1, 0600, &err));
    assert_fails(dir_open(path_join(arena, folder, "plain"), &fd, &err), INTERNAL);
    assert_fails(dir_open(path_join(arena, folder, "none"), &fd, &err), NOT_FOUND);
}

static void read_path_wants_a_regular_file(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text;
    size_t len;
    assert_ok(file_read_path("/proc/self/stat", 0, arena, &text, &len, &err));
    assert_fails(file_read_path("/dev/null", 10, arena, &text, &len, &err), INVALID);
    assert_fails(file_read_path("/no/such", 10, arena, &text, &len, &err), NOT_FOUND);
}

static void writes_to_a_full_device_fail(void **state)
{
    (void)state;
    CLEANUP(closep) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_fails(file_write_all(fd, "x", 1, &err), INTERNAL);
}

static void writes_over_the_limit_of_files_are_the_machines_failure(void **state)
{
    (void)state;
    struct rlimit before, none;
    CLEANUP(closep) int fd = memfd_create("limited", MFD_CLOEXEC);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct error failure;
    bool written = file_write_all(fd, "x", 1, &failure);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_false(written);
    assert_int_equal(failure.kind, ERROR_INTERNAL);
    assert_int_equal(failure.sys, EFBIG);
    assert_ok(file_write_all(fd, "x", 1, &err));
}

static void plain_paths_leave_nothing_out(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool plain;
    } cases[] = {
        { "/", true },      { "/a", true },       { "/a/b.c", true }, { "/a/.b", true },
        { "/.a/b", true },  { "", false },        { "a/b", false },   { "//", false },
        { "/a//b", false }, { "/a/", false },     { "/.", false },    { "/a/./b", false },
        { "/..", false },   { "/a/../b", false }, { "/a/.", false },  { "./a", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(path_is_plain(cases[i].path), cases[i].plain);
}

static void programs_are_files_that_may_be_run(void **state)
{
    (void)state;
    char path[128];
    assert_ok(file_replace(dir, "tool", "#!/bin/sh\n", 10, 0755, &err));
    assert_ok(file_replace(dir, "text", "#!/bin/sh\n", 10, 0644, &err));
    assert_return_code(mkdirat(dir, "folder.d", 0755), errno);
    assert_return_code(symlinkat("tool", dir, "link"), errno);
    static const struct {
        const char *name;
        bool program;
    } cases[] = {
        { "tool", true },      { "link", true },  { "text", false },
        { "folder.d", false }, { "none", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, cases[i].name);
        assert_int_equal(file_is_program(path), cases[i].program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replace_writes_the_whole_file_with_its_mode),
        cmocka_unit_test(beneath_neither_leaves_nor_follows),
        cmocka_unit_test(a_lease_is_not_waited_for),
        cmocka_unit_test(tree_remove_follows_no_link),
        cmocka_unit_test(tree_remove_goes_into_sealed_folders),
        cmocka_unit_test(tree_remove_is_not_stopped_by_depth),
        cmocka_unit_test(tree_remove_enters_no_other_file_system),
        cmocka_unit_test(make_path_is_mkdir_p),
        cmocka_unit_test(read_path_wants_a_regular_file),
        cmocka_unit_test(writes_to_a_full_device_fail),
        cmocka_unit_test(writes_over_the_limit_of_files_are_the_machines_failure),
        cmocka_unit_test(plain_paths_leave_nothing_out),
        cmocka_unit_test(programs_are_files_that_may_be_run),
    };
    return cmocka_run_group_tests_name("lib/base/files", tests, folder_make, folder_remove);
}
