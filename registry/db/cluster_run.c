#include "registry/db/cluster_run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/log.h"
#include "lib/base/record.h"

#define ARGS_MAX 32

/* Coverage is written at exit, which _exit passes over; absent in other builds. */
void __gcov_dump(void) __attribute__((weak));

static bool has_postgres(const char *bin_dir, struct arena *arena)
{
    struct stat status;
    return stat(path_join(arena, bin_dir, "postgres"), &status) == 0 && S_ISREG(status.st_mode);
}

/* "15" of a folder that exists, or NULL. */
static const char *version_of(const char *data, struct arena *arena)
{
    const char *text;
    size_t len;
    struct error ignored;
    if (!file_read_path(path_join(arena, data, "PG_VERSION"), 16, arena, &text, &len, &ignored))
        return NULL;
    return arena_strndup(arena, text, strspn(text, "0123456789"));
}

struct search {
    const char *best;
    long newest;
};

static void bin_try(struct search *search, const char *pattern, struct arena *arena)
{
    glob_t found = { 0 };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread yet */
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        long number = strtol(path + strcspn(path, "0123456789"), NULL, 10);
        if (number > search->newest && has_postgres(path, arena)) {
            search->newest = number;
            search->best = arena_strndup(arena, path, strlen(path));
        }
    }
    globfree(&found);
}

/* Debian's folders are named by version; of other places only the one that there is. */
static const char *bin_search(const char *version, struct arena *arena)
{
    const char *which = version ? version : "[0-9]*";
    const char *const patterns[] = {
        arena_printf(arena, "/usr/lib/postgresql/%s/bin", which),
        arena_printf(arena, "/usr/pgsql-%s/bin", which),
        "/usr/bin",
        "/usr/local/bin",
        "/usr/local/pgsql/bin",
    };
    struct search search = { .newest = -1 };
    for (size_t i = 0; i < COUNT(patterns) && !search.best; i++)
        bin_try(&search, patterns[i], arena);
    return search.best;
}

/* PostgreSQL refuses to be root, with reason. */
static bool user_choose(struct runner *runner, struct error *err)
{
    static const char *const users[] = { "postgres", "nobody" };
    runner->uid = geteuid();
    runner->gid = getegid();
    runner->user = "you";
    for (size_t i = 0; i < COUNT(users) && runner->uid == 0; i++) {
        struct passwd entry, *found = NULL;
        char room[4096];
        if (getpwnam_r(users[i], &entry, room, sizeof(room), &found) == 0 && found) {
            runner->uid = entry.pw_uid;
            runner->gid = entry.pw_gid;
            runner->user = users[i];
        }
    }
    return runner->uid != 0 || error_set(err, UNSUPPORTED,
                                         "PostgreSQL does not run as root, and there is neither a "
                                         "user postgres nor a user nobody");
}

bool runner_init(struct runner *runner, const char *bin_dir, const char *data, struct arena *arena,
                 struct error *err)
{
    const char *version = version_of(data, arena);
    runner->bin_dir = bin_dir ? bin_dir : bin_search(version, arena);
    if (bin_dir && !has_postgres(bin_dir, arena)) {
        error_set(err, INVALID, "there is no postgres in postgres_bin %s", bin_dir);
        return error_hint(err, "postgres_bin is the folder of initdb and postgres; without it they "
                               "are looked for");
    }
    if (!runner->bin_dir || !has_postgres(runner->bin_dir, arena)) {
        error_set(err, UNSUPPORTED, "PostgreSQL%s%s is not installed", version ? " " : "",
                  version ? version : "");
        return error_hint(err, version ? "install that version, or move the data with pg_upgrade"
                                       : "install the package postgresql, or set database_url");
    }
    return user_choose(runner, err);
}

static void become(const struct runner *runner)
{
    if (geteuid() != runner->uid &&
        (setgroups(0, NULL) != 0 || setgid(runner->gid) != 0 || setuid(runner->uid) != 0))
        _exit(126);
}

static void child_exit(int status)
{
    if (__gcov_dump)
        __gcov_dump();
    _exit(status);
}

bool runner_check_reach(const struct runner *runner, const char *path, struct error *err)
{
    int result;
    pid_t pid = fork();
    if (pid < 0)
        return error_set_errno(err, "fork");
    if (pid == 0) {
        become(runner);
        child_exit(chdir(path) == 0 ? 0 : 1);
    }
    while (waitpid(pid, &result, 0) < 0)
        if (errno != EINTR)
            return error_set_errno(err, "wait");
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return true;
    error_set(err, DENIED, "PostgreSQL runs as the user %s, who cannot come to %s", runner->user,
              path);
    return error_hint(err, "choose a data_dir outside of private folders, or set database_url");
}

static void child_run(const struct runner *runner, const char *const *args, int log_fd,
                      pid_t parent)
{
    static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC",
                                               NULL };
    sigset_t none;
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
        child_exit(126);
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); /* of libraries that forgot */
    become(runner);
    /* After the change of user, which would undo it. */
    if (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent || chdir("/") != 0)
        child_exit(126);
    (void)umask(077);
    execve(args[0], (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)environment);
    child_exit(127);
}

bool runner_spawn(const struct runner *runner, const char *const *args, const char *log, pid_t *out,
                  struct error *err)
{
    char path[4096];
    const char *argv[ARGS_MAX] = {
        path
    }; /* by its whole path, from which it finds its own parts */
    for (size_t i = 1; args[i - 1]; i++) {
        assert(i < ARGS_MAX);
        argv[i] = args[i];
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", runner->bin_dir, args[0]) >= sizeof(path))
        return error_set(err, INVALID, "the path of PostgreSQL's programs is too long");
    CLEANUP(closep) int log_fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (log_fd < 0)
        return error_set_errno(err, "open %s", log);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return error_set_errno(err, "fork");
    if (pid == 0)
        child_run(runner, argv, log_fd, parent);
    *out = pid;
    return true;
}

int process_watch(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool process_end(int watch, int wait_ms)
{
    static const int signals[] = { SIGINT, SIGQUIT, SIGKILL };
    struct pollfd ended = { .fd = watch, .events = POLLIN };
    for (size_t i = 0; i < COUNT(signals); i++) {
        if (syscall(SYS_pidfd_send_signal, watch, signals[i], NULL, 0) != 0 && errno == ESRCH)
            return true;
        int ready;
        do {
            ready = poll(&ended, 1, wait_ms);
        } while (ready < 0 && errno == EINTR);
        if (ready > 0)
            return true;
    }
    return false;
}

/* The process that a lock file of PostgreSQL's names in its first line; rest is what follows. 0
 * when there is none. */
static pid_t lock_file_read(const char *path, struct arena *arena, const char **rest)
{
    const char *text;
    size_t len;
    struct error ignored;
    if (!file_read_path(path, 4096, arena, &text, &len, &ignored))
        return 0;
    *rest = text + strcspn(text, "\n");
    return (pid_t)strtol(text, NULL, 10);
}

#define PID_FILE "postmaster.pid"

/* The process of postmaster.pid, when it is alive and stands in this folder; else 0. */
static pid_t orphan_find(const char *data, struct arena *arena)
{
    const char *rest;
    char cwd[4096];
    pid_t pid = lock_file_read(path_join(arena, data, PID_FILE), arena, &rest);
    if (pid <= 1)
        return 0;
    ssize_t got = readlink(arena_printf(arena, "/proc/%d/cwd", (int)pid), cwd, sizeof(cwd) - 1);
    if (got < 0)
        return 0;
    cwd[got] = '\0';
    struct stat here, there;
    bool same = stat(data, &here) == 0 && stat(cwd, &there) == 0 && here.st_dev == there.st_dev &&
                here.st_ino == there.st_ino;
    return same ? pid : 0;
}

bool orphan_stop(const char *data, struct arena *arena, struct error *err)
{
    pid_t pid = orphan_find(data, arena);
    CLEANUP(closep) int watch = pid ? process_watch(pid) : -1;
    if (watch < 0 || orphan_find(data, arena) != pid)
        return true;
    log_warn("cluster.orphan", KV("pid", pid));
    return process_end(watch, 10000) ||
           error_set(err, UNAVAILABLE, "the PostgreSQL of an earlier run (process %d) does not end",
                     (int)pid);
}

/*
 * After a crash of the machine the number may be another process's, and PostgreSQL does not start
 * while that lives. It takes its parent's number for stale, and still looks for who uses the memory
 * that the file names.
 */
static bool lock_file_take(const char *path, struct arena *arena, struct error *err)
{
    const char *rest;
    pid_t pid = lock_file_read(path, arena, &rest);
    if (pid <= 1 || kill(pid, 0) != 0)
        return true;
    log_warn("cluster.stale_pid", KV("path", path), KV("pid", pid));
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    const char *text = arena_printf(arena, "%d%s", (int)getpid(), rest);
    if (fd < 0)
        return error_set_errno(err, "open %s", path);
    return file_write_all(fd, text, strlen(text), err);
}

bool lock_files_take(const char *data, const char *socket_lock, struct arena *arena,
                     struct error *err)
{
    return lock_file_take(path_join(arena, data, PID_FILE), arena, err) &&
           lock_file_take(socket_lock, arena, err);
}
