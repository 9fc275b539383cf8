/* A confinement as the kernel holds it: each check in a child. */
/* USES sandbox/policy sandbox/platform */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lib/base/files.h"
#include "lib/base/record.h"
#include "sandbox/linux/features.h"
#include "sandbox/linux/landlock.h"
#include "sandbox/platform/confine.h"
#include "sandbox/policy/plan.h"
#include "tests/support/child.h"

#define NOBODY 65534

/* A folder for each test; the process stands in it. */
static char folder[64];

static void file_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    (void)close(fd);
}

static int set_up(void **state)
{
    (void)state;
    (void)umask(0);
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-confine-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("ws", 0777), 0);
    assert_int_equal(chmod("ws", 0777), 0);
    assert_int_equal(mkdir("ws/.git", 0777), 0);
    assert_int_equal(mkdir("ws/.git/hooks", 0777), 0);
    assert_int_equal(mkdir("ws/src", 0777), 0);
    file_make("ws/.env");
    file_make("ws/file");
    file_make("outside");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    CLEANUP(closep) int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir("/"), 0);
    assert_ok(tree_remove(tmp, folder + strlen("/tmp/"), &err));
    return 0;
}

struct world {
    struct nono_caps *caps;
    struct confine_options options;
    uid_t uid;
    struct confinement *confinement;
    int (*inside)(void);
};

static void world_clear(struct world *world)
{
    confine_free(world->confinement);
    caps_free(world->caps);
}

static int enter_and_try(void *context)
{
    const struct world *world = context;
    struct confine_failure failure;
    if (world->uid && (setgid(world->uid) < 0 || setuid(world->uid) < 0))
        return 100;
    if (!confine_enter(world->confinement, &failure)) {
        (void)fprintf(stderr, "%s: %s\n", failure.step, strerrordesc_np(failure.sys));
        return 101;
    }
    return chdir(folder) == 0 ? world->inside() : 102;
}

static int try_inside(struct world *world, int (*inside)(void))
{
    world->inside = inside;
    if (!world->confinement)
        assert_ok(confine_prepare(world->caps, &world->options, &world->confinement, &err));
    return in_child(enter_and_try, world);
}

static bool refused(int rc)
{
    return rc < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == EBUSY ||
                      errno == EXDEV);
}

/* ---- what no grant covers */

static int empty_set_allows_nothing(void)
{
    struct rlimit core;
    if (!refused(open("ws/file", O_RDONLY | O_CLOEXEC)))
        return 1;
    if (!refused(open("ws/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) ||
        !refused(mkdir("ws/new", 0700)) || !refused(unlink("ws/file")))
        return 2;
    if (!refused(truncate("ws/file", 0)))
        return 3;
    if (!refused(kill(getppid(), 0)))
        return 4;
    if (!refused(socket(AF_INET, SOCK_STREAM, 0)) || !refused(socket(AF_UNIX, SOCK_STREAM, 0)))
        return 5;
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 6;
}

static void an_empty_set_allows_nothing(void **state)
{
    (void)state;
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    assert_int_equal(try_inside(&world, empty_set_allows_nothing), 0);
}

static int signals_reach_out(void)
{
    return kill(getppid(), 0) == 0 && socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 1;
}

static void what_is_opened_is_open(void **state)
{
    (void)state;
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    world.caps->network = NONO_NETWORK_OPEN;
    world.caps->scope_open[NONO_SCOPE_SIGNAL] = true;
    assert_int_equal(try_inside(&world, signals_reach_out), 0);
}

static int device_cannot_be_made(void)
{
    if (mknod("ws/fifo", S_IFIFO | 0600, 0) < 0)
        return 1;
    return refused(mknod("ws/device", S_IFCHR | 0600, 0)) ? 0 : 2;
}

static void a_writable_folder_takes_files_but_no_devices(void **state)
{
    (void)state;
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    assert_ok(caps_allow(world.caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
    assert_int_equal(try_inside(&world, device_cannot_be_made), 0);
}

/* ---- a deny inside a grant */

static int denies_hold(void)
{
    int fd = open("ws/src/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return 1;
    if (!refused(open("ws/.env", O_RDONLY | O_CLOEXEC)) ||
        !refused(open("ws/.env", O_WRONLY | O_CLOEXEC)) || !refused(unlink("ws/.env")) ||
        !refused(rename("ws/.env", "ws/src/env")) || !refused(link("ws/.env", "ws/src/env")))
        return 2;
    if (!refused(open("ws/.git/hooks/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)))
        return 3;
    if (!refused(rename("ws/.git", "ws/git")) || !refused(rename("ws/.git/hooks", "ws/hooks")))
        return 4;
    return 0;
}

static void deny_some(struct world *world)
{
    assert_ok(caps_allow(world->caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
    assert_ok(caps_deny(world->caps, "ws/.env", NONO_READ, NULL, &err));
    assert_ok(caps_deny(world->caps, "ws/.git/hooks", NONO_WRITE, NULL, &err));
}

static void a_deny_in_a_grant_is_held_by_mounts(void **state)
{
    (void)state;
    if (!features_mount_namespace())
        skip();
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    struct confine_report report;
    deny_some(&world);
    assert_int_equal(try_inside(&world, denies_hold), 0);
    confine_report(world.confinement, &report);
    assert_true(report.held & NONO_HELD_DENY_MOUNTS);
    assert_int_equal(report.denied, 2);
}

static void it_is_held_for_a_user_without_privileges(void **state)
{
    (void)state;
    if (geteuid() != 0 || !features_mount_namespace())
        skip();
    CLEANUP(world_clear) struct world world = { .caps = caps_new(), .uid = NOBODY };
    deny_some(&world);
    assert_int_equal(try_inside(&world, denies_hold), 0);
}

static void without_mounts_it_is_held_by_siblings(void **state)
{
    (void)state;
    CLEANUP(world_clear)
    struct world world = { .caps = caps_new(), .options = { .no_mounts = true } };
    struct confine_report report;
    deny_some(&world);
    assert_int_equal(try_inside(&world, denies_hold), 0);
    confine_report(world.confinement, &report);
    assert_true(report.held & NONO_HELD_DENY_SPLIT);
}

/* ws/link leads to ws/src/kept, which is denied; ws/way, on the way to it, to ws/src. */
static int links_stay(void)
{
    if (!refused(open("ws/link", O_RDONLY | O_CLOEXEC)) ||
        !refused(open("ws/way/kept", O_RDONLY | O_CLOEXEC)))
        return 1;
    if (!refused(unlink("ws/link")) || !refused(rename("ws/link", "ws/src/x")) ||
        !refused(rename("ws/file", "ws/link")))
        return 2;
    if (!refused(unlink("ws/way")) || !refused(rename("ws/way", "ws/src/x")))
        return 3;
    return open("ws/way/other", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 4;
}

static void links_to_what_is_denied_cannot_be_replaced(void **state)
{
    (void)state;
    file_make("ws/src/kept");
    file_make("ws/src/other");
    assert_int_equal(symlink("src/kept", "ws/link"), 0);
    assert_int_equal(symlink("src", "ws/way"), 0);
    for (int no_mounts = !features_mount_namespace(); no_mounts < 2; no_mounts++) {
        CLEANUP(world_clear)
        struct world world = { .caps = caps_new(), .options = { .no_mounts = no_mounts } };
        assert_ok(caps_allow(world.caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
        assert_ok(caps_deny(world.caps, "ws/link", NONO_READ, NULL, &err));
        assert_ok(caps_deny(world.caps, "ws/way/kept", NONO_READ, NULL, &err));
        assert_int_equal(try_inside(&world, links_stay), 0);
    }
}

/* ws/gitfile/hooks/x is denied. */
static int a_file_stays(void)
{
    if (open("ws/gitfile", O_RDONLY | O_CLOEXEC) < 0 || open("ws/src/x", O_RDWR | O_CLOEXEC) < 0)
        return 1;
    if (!refused(unlink("ws/gitfile")) || !refused(rename("ws/gitfile", "ws/src/y")) ||
        !refused(rename("ws/src/x", "ws/gitfile")) || !refused(truncate("ws/gitfile", 0)))
        return 2;
    return mkdir("ws/gitfile/hooks", 0700) < 0 && errno == ENOTDIR ? 0 : 3;
}

/* Not even without a supervisor is there anything to be made: a worktree's .git is a file. */
static void below_a_file_a_denied_path_cannot_come_to_be(void **state)
{
    (void)state;
    file_make("ws/gitfile");
    file_make("ws/src/x");
    for (int no_mounts = !features_mount_namespace(); no_mounts < 2; no_mounts++) {
        CLEANUP(world_clear)
        struct world world = { .caps = caps_new(), .options = { .no_mounts = no_mounts } };
        assert_ok(caps_allow(world.caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
        assert_ok(caps_deny(world.caps, "ws/gitfile/hooks/x", NONO_READ, NULL, &err));
        assert_int_equal(try_inside(&world, a_file_stays), 0);
    }
}

static int absent_stays_absent(void)
{
    return refused(open("ws/later", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) &&
                   mkdir("ws/deep/er", 0700) < 0 &&
                   refused(open("ws/deep/er", O_RDONLY | O_CLOEXEC))
               ? 0
               : 1;
}

static void a_denied_path_that_is_not_there_cannot_be_made(void **state)
{
    (void)state;
    if (!features_mount_namespace())
        skip();
    struct stat st;
    CLEANUP(world_clear)
    struct world world = { .caps = caps_new(), .options = { .has_supervisor = true } };
    assert_ok(caps_allow(world.caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
    assert_ok(caps_deny(world.caps, "ws/later", NONO_READ, NULL, &err));
    assert_ok(caps_deny(world.caps, "ws/deep/er", NONO_READ, NULL, &err));
    assert_int_equal(try_inside(&world, absent_stays_absent), 0);
    confine_clean(world.confinement);
    assert_int_equal(stat("ws/later", &st), -1); /* and nothing is left of it */
    assert_int_equal(stat("ws/deep", &st), -1);
}

static void without_a_supervisor_such_a_path_is_refused(void **state)
{
    (void)state;
    if (!features_mount_namespace())
        skip();
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    assert_ok(caps_allow(world.caps, "ws", NONO_READ | NONO_WRITE, 0, NULL, &err));
    assert_ok(caps_deny(world.caps, "ws/later", NONO_READ, NULL, &err));
    assert_fails(confine_prepare(world.caps, &world.options, &world.confinement, &err),
                 UNSUPPORTED);
}

/* ---- refusals before anything runs */

static void a_link_left_in_a_writable_tree_is_not_followed_out(void **state)
{
    (void)state;
    assert_int_equal(symlink("../outside", "ws/cache"), 0);
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    assert_ok(caps_allow(world.caps, "ws/cache", NONO_READ, 0, NULL, &err));
    assert_ok(confine_prepare(world.caps, &world.options, &world.confinement, &err));
    confine_free(STEAL(world.confinement));
    assert_ok(caps_allow(world.caps, "ws", NONO_WRITE, 0, NULL, &err));
    assert_fails(confine_prepare(world.caps, &world.options, &world.confinement, &err), DENIED);
}

static void named_hosts_need_a_proxy(void **state)
{
    (void)state;
    CLEANUP(world_clear) struct world world = { .caps = caps_new() };
    world.caps->network = NONO_NETWORK_PROXY;
    assert_fails(confine_prepare(world.caps, &world.options, &world.confinement, &err),
                 UNSUPPORTED);
}

/* ---- older kernels, as a parameter */

static void a_ruleset_is_made_for_every_abi(void **state)
{
    (void)state;
    if (landlock_abi() < 7)
        skip();
    CLEANUP(caps_freep) struct nono_caps *caps = caps_new();
    struct plan plan = { .caps = caps };
    for (int abi = 1; abi <= landlock_abi(); abi++) {
        CLEANUP(closep) int fd = -1;
        assert_ok(landlock_build(&plan, abi, &fd, &err));
    }
    CLEANUP(closep) int none = -1;
    assert_fails(landlock_build(&plan, 0, &none, &err), UNSUPPORTED);
    assert_int_equal(landlock_features(0), 0);
    assert_true(landlock_features(5) & LANDLOCK_IOCTL);
    assert_false(landlock_features(5) & LANDLOCK_SCOPES);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* As in a program of others that ignores its children, or counts their ends. */
static void what_a_kernel_can_is_found_out_without_a_signal(void **state)
{
    (void)state;
    bool mounts = features_mount_namespace();
    (void)signal(SIGCHLD, SIG_IGN);
    assert_int_equal(features_mount_namespace(), mounts);
    (void)signal(SIGCHLD, SIG_DFL);

    sigset_t ends, pending, before;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &ends, &before);
    (void)features_mount_namespace();
    assert_int_equal(sigpending(&pending), 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(sigismember(&pending, SIGCHLD), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_empty_set_allows_nothing),
        IN_FOLDER(what_is_opened_is_open),
        IN_FOLDER(a_writable_folder_takes_files_but_no_devices),
        IN_FOLDER(a_deny_in_a_grant_is_held_by_mounts),
        IN_FOLDER(it_is_held_for_a_user_without_privileges),
        IN_FOLDER(without_mounts_it_is_held_by_siblings),
        IN_FOLDER(links_to_what_is_denied_cannot_be_replaced),
        IN_FOLDER(below_a_file_a_denied_path_cannot_come_to_be),
        IN_FOLDER(a_denied_path_that_is_not_there_cannot_be_made),
        IN_FOLDER(without_a_supervisor_such_a_path_is_refused),
        IN_FOLDER(a_link_left_in_a_writable_tree_is_not_followed_out),
        IN_FOLDER(named_hosts_need_a_proxy),
        IN_FOLDER(a_ruleset_is_made_for_every_abi),
        cmocka_unit_test(what_a_kernel_can_is_found_out_without_a_signal),
    };
    if (landlock_abi() == 0)
        return 77;
    return cmocka_run_group_tests_name("sandbox/linux/confine", tests, NULL, NULL);
}
