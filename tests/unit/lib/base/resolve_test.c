#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/base/files.h"
#include "lib/base/resolve.h"
#include "tests/support/child.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINKLESS     (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* A folder "in" with all that may lead out of it, and beside it "out". */
static char folder[64];
static int outer = -1;
static int dir = -1;

static int tree_make(void)
{
    struct error err;
    static const char *const links[][2] = {
        { "file", "link" },
        { "dir", "dirlink" },
        { "..", "up" },
        { "/etc", "abs" },
        { "loop", "loop" },
        { "nowhere", "dangling" },
        { "../out", "dir/sideways" },
        { "deep/file", "dir/inward" },
        { "/proc/self/root", "magic" },
    };
    if (!dir_make_beneath(outer, "in/dir/deep", 0700, &err) ||
        !dir_make_beneath(outer, "out/dir", 0700, &err))
        return -1;
    dir = openat(outer, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(links); i++)
        if (symlinkat(links[i][0], dir, links[i][1]) != 0)
            return -1;
    return mkfifoat(dir, "fifo", 0600) == 0 && file_replace(dir, "file", "x", 1, 0600, &err) &&
                   file_replace(dir, "dir/deep/file", "x", 1, 0600, &err) &&
                   file_replace(dir, "dir/secret", "in", 2, 0600, &err) &&
                   file_replace(outer, "out/secret", "out", 3, 0600, &err)
               ? 0
               : -1;
}

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nono-resolve-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    outer = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return outer < 0 ? -1 : tree_make();
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    close(dir);
    close(outer);
    return tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

struct request {
    const char *path;
    int flags;
    uint64_t resolve;
};

struct verdict {
    int sys;
    dev_t dev;
    ino_t ino;
    mode_t mode;
};

typedef int opener(int dir, const char *path, int flags, mode_t mode, uint64_t resolve);

/* What it opens; a file that it makes is removed again, and is any file. */
static struct verdict verdict_of(opener *open_it, int at, const struct request *request)
{
    struct stat st = { 0 };
    bool was = fstatat(at, request->path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    CLEANUP(closep) int fd = -1;
    do /* the kernel says EAGAIN when anything on the machine was renamed meanwhile */
        fd = open_it(at, request->path, request->flags, 0640, request->resolve);
    while (fd < 0 && errno == EAGAIN);
    if (fd < 0)
        return (struct verdict){ .sys = errno };
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    struct verdict verdict = { .dev = st.st_dev, .ino = st.st_ino, .mode = st.st_mode };
    if (!was && request->flags & O_CREAT && unlinkat(at, request->path, 0) == 0)
        verdict.ino = 0;
    return verdict;
}

static void compare(int at, const struct request *request)
{
    struct verdict kernel = verdict_of(resolve_open, at, request);
    struct verdict walk = verdict_of(resolve_walk, at, request);
    if (kernel.sys != walk.sys || kernel.dev != walk.dev || kernel.ino != walk.ino ||
        kernel.mode != walk.mode)
        fail_msg("\"%.60s\", flags %o, resolve %llx: the kernel says %s (%o), the walk %s (%o)",
                 request->path, (unsigned)request->flags, (unsigned long long)request->resolve,
                 strerrorname_np(kernel.sys), kernel.mode, strerrorname_np(walk.sys), walk.mode);
}

static const uint64_t ways[] = { RESOLVE_NO_SYMLINKS, LINKLESS, LINKLESS | RESOLVE_BENEATH,
                                 LINKLESS | RESOLVE_NO_XDEV,
                                 LINKLESS | RESOLVE_BENEATH | RESOLVE_NO_XDEV };

static void compare_paths(int at, const char *const *paths, size_t count, const int *flags,
                          size_t flag_count)
{
    for (size_t i = 0; i < count * flag_count * COUNT(ways); i++) {
        const struct request request = { .path = paths[i / COUNT(ways) / flag_count],
                                         .flags = flags[i / COUNT(ways) % flag_count],
                                         .resolve = ways[i % COUNT(ways)] };
        compare(at, &request);
    }
}

static const int reading[] = {
    O_RDONLY | O_NONBLOCK,
    O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
    O_RDONLY | O_DIRECTORY,
    O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
    O_PATH,
    O_PATH | O_NOFOLLOW,
    O_PATH | O_DIRECTORY,
    O_PATH | O_DIRECTORY | O_NOFOLLOW,
};
static const int making[] = { O_WRONLY | O_NONBLOCK | O_CREAT,
                              O_WRONLY | O_NONBLOCK | O_CREAT | O_EXCL,
                              O_WRONLY | O_NONBLOCK | O_CREAT | O_NOFOLLOW };

static char longest[NAME_MAX + 1], too_long[NAME_MAX + 2], endless[PATH_MAX + 1];
/* clang-format off */
static const char *const beneath[] = {
    ".", "./", "..", "../", "../in", "../in/file", "../out/secret", "./file", "file", "file/",
    "file/.", "file/..", "file/x", "dir", "dir/", "dir//deep///file", "dir/.", "dir/./", "dir/..",
    "dir/../", "dir/../file", "dir/deep/../../file", "dir/deep/../deep/./file", "dir/../..",
    "dir/../../in/file", "dir/../../out", "none", "none/", "none/.", "none/..", "none/../file",
    "none/x", "dir/none", "link", "link/", "link/.", "link/x", "./link", "dirlink", "dirlink/",
    "dirlink/.", "dirlink/deep", "dirlink/..", "dirlink/../file", "up", "up/", "up/in/file",
    "abs", "abs/passwd", "loop", "loop/", "loop/x", "dangling", "dangling/", "dangling/x",
    "dir/sideways", "dir/sideways/secret", "dir/inward", "magic", "magic/etc", "fifo", "fifo/",
    "new", "new/", "dir/new", "dir/../new", "dir/deep/../new", "", longest, too_long, endless,
};
static const char *const absolute[] = {
    "/", "//", "/.", "/..", "/../etc", "/etc", "/etc/", "/etc/../etc/passwd", "/etc/passwd",
    "/proc", "/proc/self/exe", "/proc/self/root", "/proc/self/cwd/..", "/proc/self/cwd",
    "/proc/self/fd/0", "/proc/self/fd/0/..", "/dev/null", "/no/such",
};
/* clang-format on */

static void the_walk_says_what_the_kernel_says(void **state)
{
    (void)state;
    memset(longest, 'n', sizeof(longest) - 1);
    memset(too_long, 'n', sizeof(too_long) - 1);
    for (size_t i = 0; i + 2 < sizeof(endless); i += 2)
        memcpy(endless + i, "./", 2);
    compare_paths(dir, beneath, COUNT(beneath), reading, COUNT(reading));
    compare_paths(dir, beneath, COUNT(beneath), making, COUNT(making));
    compare_paths(dir, absolute, COUNT(absolute), reading, COUNT(reading));
    compare_paths(AT_FDCWD, absolute, COUNT(absolute), reading, COUNT(reading));
    compare_paths(-1, beneath, 1, reading, COUNT(reading));
}

static void the_walk_says_what_the_kernel_says_at_other_mounts(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "proc",     "proc/",       "proc/self",  "proc/..",
        "dev/null", "etc/../proc", "etc/passwd", "proc/self/cwd/.."
    };
    CLEANUP(closep) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closep) int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    compare_paths(root, paths, COUNT(paths), reading, COUNT(reading));
    compare_paths(proc, beneath, 4, reading, COUNT(reading));
    errno = 0;
    assert_int_equal(resolve_walk(root, "proc", O_PATH, 0, LINKLESS | RESOLVE_NO_XDEV), -1);
    assert_int_equal(errno, EXDEV);
}

static void no_descriptor_is_left_open(void **state)
{
    (void)state;
    int before = dup(dir);
    close(before);
    for (size_t i = 0; i < COUNT(beneath) * COUNT(ways); i++) {
        int fd = resolve_walk(dir, beneath[i % COUNT(beneath)], O_RDONLY | O_NONBLOCK, 0,
                              ways[i / COUNT(beneath)]);
        if (fd >= 0)
            close(fd);
    }
    int after = dup(dir);
    close(after);
    assert_int_equal(before, after);
}

/* openat2 fails as the filter of a container, or a kernel without it, makes it fail. */
static bool openat2_take(int sys)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)sys),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = COUNT(code), .filter = code };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
           syscall(SYS_openat2, dir, "", NULL, 0) < 0 && errno == sys;
}

static int without_openat2(void *context)
{
    struct error err;
    CLEANUP(closep) int fd = -1;
    if (!openat2_take(*(const int *)context))
        return 77;
    if (!file_open_beneath(dir, "dir/deep/file", O_RDONLY, 0, &fd, &err))
        return 1;
    if (file_open_beneath(dir, "link", O_RDONLY, 0, &fd, &err) || err.sys != ELOOP)
        return 2;
    if (file_open_same_mount(dir, "../out/secret", O_RDONLY, 0, &fd, &err) || err.sys != EXDEV)
        return 3;
    return dir_make_beneath(dir, "made/here", 0700, &err) ? 0 : 4;
}

static void files_are_opened_where_openat2_is_refused(void **state)
{
    (void)state;
    static const int refusals[] = { ENOSYS, EPERM };
    for (size_t i = 0; i < COUNT(refusals); i++) {
        int sys = refusals[i];
        assert_int_equal(in_child(without_openat2, &sys), 0);
        assert_int_equal(unlinkat(dir, "made/here", AT_REMOVEDIR), 0);
    }
}

/* Two names change places just before the walk's openat of that number. */
static struct {
    const char *one, *other; /* of outer */
    int when, calls;
} swap;

static void swap_now(void)
{
    assert_int_equal(renameat2(outer, swap.one, outer, swap.other, RENAME_EXCHANGE), 0);
}

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (swap.one && swap.calls++ == swap.when)
        swap_now();
    return __real_openat(at, path, flags, mode);
}

/* Whatever the moment, the walk finds what is inside, or nothing. */
static void race(const char *one, const char *other, const char *path)
{
    struct stat inside, st;
    int opened = 0;
    assert_int_equal(fstatat(dir, "dir/secret", &inside, 0), 0);
    for (swap.when = 0; swap.when == 0 || swap.calls >= swap.when; swap.when++) {
        swap.one = one;
        swap.other = other;
        swap.calls = 0;
        CLEANUP(closep)
        int fd = resolve_walk(dir, path, O_RDONLY, 0, LINKLESS | RESOLVE_BENEATH);
        if (swap.calls > swap.when)
            swap_now();
        swap.one = NULL;
        opened += fd >= 0;
        if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_ino != inside.st_ino))
            fail_msg("%s led out of the folder at step %d", path, swap.when);
    }
    assert_true(opened > 0);
    assert_true(swap.when > 3);
}

static void a_link_that_takes_a_folders_place_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlinkat("../out", dir, "swap"), 0);
    race("in/dir", "in/swap", "dir/secret");
}

static void a_link_that_takes_a_files_place_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlinkat("../../out/secret", dir, "file-swap"), 0);
    race("in/dir/secret", "in/file-swap", "dir/secret");
}

static void up_from_a_folder_that_was_moved_out_stays_inside(void **state)
{
    (void)state;
    race("in/dir/deep", "out/dir", "dir/deep/../secret");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walk_says_what_the_kernel_says),
        cmocka_unit_test(the_walk_says_what_the_kernel_says_at_other_mounts),
        cmocka_unit_test(no_descriptor_is_left_open),
        cmocka_unit_test(files_are_opened_where_openat2_is_refused),
        cmocka_unit_test(a_link_that_takes_a_folders_place_is_not_followed),
        cmocka_unit_test(a_link_that_takes_a_files_place_is_not_followed),
        cmocka_unit_test(up_from_a_folder_that_was_moved_out_stays_inside),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
