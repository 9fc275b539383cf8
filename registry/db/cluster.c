#include "registry/db/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "registry/db/cluster_run.h"
#include "registry/db/db.h"

#define SOCKET_PATH_MAX 107 /* of sockaddr_un, less its NUL */
#define SOCKET_NAME     "/.s.PGSQL.5432.lock"
#define DATABASE        "nono"
#define SILENCE_MS      60000 /* after which a start is given up */
#define TELL_US         ((int64_t)10 * 1000 * 1000)
#define STOP_WAIT_MS    30000
#define LOG_BYTES_MAX   ((off_t)16 * 1024 * 1024)

struct cluster {
    struct arena *arena;
    struct runner runner;
    const char *data, *socket_dir, *log, *url;
    int lock;
    pid_t pid;
    int watch;
};

/* By whatever links and dots a folder that is there is named, who looks for its server finds it. */
const char *cluster_socket_dir(const char *data_dir, struct arena *arena)
{
    CLEANUP(freep) char *real = realpath(data_dir, NULL);
    const char *place = real ? real : data_dir;
    const char *beside = path_join(arena, place, "socket");
    if (strlen(beside) + strlen(SOCKET_NAME) <= SOCKET_PATH_MAX)
        return beside;
    char digest[SHA256_TEXT];
    sha256_hex(place, strlen(place), digest);
    return arena_printf(arena, "/tmp/nono-registry-%.16s", digest);
}

static bool folder_lock(struct cluster *cluster, const char *data_dir, struct error *err)
{
    const char *path = path_join(cluster->arena, data_dir, "lock");
    cluster->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (cluster->lock < 0)
        return error_set_errno(err, "open %s", path);
    if (flock(cluster->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    error_set(err, CONFLICT, "another nono-registry uses %s", data_dir);
    return error_hint(err, "stop it, or give this one another data_dir");
}

/* A folder that only PostgreSQL's user (and root) may look into. */
static bool folder_own(const struct runner *runner, const char *path, struct error *err)
{
    struct stat status;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set_errno(err, "make %s", path);
    if (lstat(path, &status) != 0)
        return error_set_errno(err, "look at %s", path);
    bool ours = status.st_uid == runner->uid || status.st_uid == geteuid();
    if (!S_ISDIR(status.st_mode) || !ours)
        return error_set(err, DENIED, "%s is not a folder of ours", path);
    if (lchown(path, runner->uid, runner->gid) != 0 || chmod(path, 0700) != 0)
        return error_set_errno(err, "own %s", path);
    return true;
}

/* PostgreSQL tells its troubles here; what grew too long is put aside. */
static bool log_ready(const struct cluster *cluster, struct error *err)
{
    struct stat status;
    if (stat(cluster->log, &status) == 0 && status.st_size > LOG_BYTES_MAX)
        (void)rename(cluster->log, arena_printf(cluster->arena, "%s.1", cluster->log));
    CLEANUP(closep)
    int fd = open(cluster->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    return fd >= 0 || error_set_errno(err, "open %s", cluster->log);
}

static bool program_failed(const struct cluster *cluster, const char *what, struct error *err)
{
    error_set(err, UNAVAILABLE, "%s failed", what);
    return error_hint(err, "its messages are in %s", cluster->log);
}

/* Made under another name and renamed when it is whole. */
static bool cluster_make(struct cluster *cluster, const char *data_dir, struct error *err)
{
    struct stat status;
    const char *fresh = path_join(cluster->arena, data_dir, "postgres.new");
    if (stat(cluster->data, &status) == 0)
        return true;
    CLEANUP(closep) int dir = -1;
    if (!dir_open(data_dir, &dir, err) || !tree_remove(dir, "postgres.new", err) ||
        !folder_own(&cluster->runner, fresh, err))
        return false;
    log_info("cluster.make", KV("path", cluster->data));
    const char *const args[] = {
        "initdb",           "--pgdata",          fresh,
        "--username=nono",  "--auth=trust",      "--encoding=UTF8",
        "--locale=C.UTF-8", "--lc-collate=C", /* the same order, by memcmp(3) and not strcoll(3) */
        "--data-checksums", "--no-instructions", NULL
    };
    pid_t pid;
    int result;
    if (!runner_spawn(&cluster->runner, args, cluster->log, &pid, err))
        return false;
    while (waitpid(pid, &result, 0) < 0)
        if (errno != EINTR)
            return error_set_errno(err, "wait for initdb");
    if (!WIFEXITED(result) || WEXITSTATUS(result) != 0)
        return program_failed(cluster, "initdb", err);
    if (rename(fresh, cluster->data) != 0)
        return error_set_errno(err, "rename %s", fresh);
    return file_sync(dir, err);
}

static bool postgres_spawn(struct cluster *cluster, unsigned connections, struct error *err)
{
    struct arena *arena = cluster->arena;
    const char *const args[] = {
        "postgres",
        "-D",
        cluster->data,
        "-k",
        cluster->socket_dir,
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_permissions=0700",
        "-c",
        arena_printf(arena, "max_connections=%u", connections),
        "-c",
        "shared_buffers=32MB",
        "-c",
        "jit=off",
        "-c",
        "log_min_messages=warning",
        "-c",
        "log_line_prefix=%m [%p] ",
        "-c",
        "logging_collector=off",
        NULL,
    };
    if (!runner_spawn(&cluster->runner, args, cluster->log, &cluster->pid, err))
        return false;
    cluster->watch = process_watch(cluster->pid);
    return cluster->watch >= 0 || error_set_errno(err, "watch PostgreSQL");
}

/* Often at first, when an answer is near; a recovery takes its time. */
static int pause_ms(int64_t waited_us)
{
    static const int64_t often_ms = 3, seldom_ms = 250;
    int64_t pause = waited_us / 1000 / 8;
    return (int)(pause < often_ms ? often_ms : pause > seldom_ms ? seldom_ms : pause);
}

/*
 * Asks until it answers; the wait ends at once when the process does. One that answers that it
 * takes nobody yet is at work, on what a crash left, and is waited for however long that takes: who
 * gives up has to begin it again.
 */
static bool postgres_wait(struct cluster *cluster, const char *url, int silence_ms,
                          struct error *err)
{
    struct pollfd ended = { .fd = cluster->watch, .events = POLLIN };
    const int64_t began = clock_monotonic_us();
    int64_t now = began, answered = began, told = began;
    for (; now - answered < (int64_t)silence_ms * 1000; now = clock_monotonic_us()) {
        PGPing answer = PQping(url);
        if (answer == PQPING_OK)
            return true;
        if (answer == PQPING_REJECT)
            answered = now;
        if (now - told >= TELL_US) {
            told = now;
            log_info("cluster.wait", KV("seconds", (now - began) / 1000000),
                     KV("recovers", answer == PQPING_REJECT));
        }
        if (poll(&ended, 1, pause_ms(now - began)) > 0)
            return program_failed(cluster, "PostgreSQL", err);
    }
    return program_failed(cluster, "the start of PostgreSQL", err);
}

static const char *url_of(const char *data_dir, const char *database, struct arena *arena)
{
    return arena_printf(arena, "host='%s' port=5432 user=nono dbname=%s",
                        cluster_socket_dir(data_dir, arena), database);
}

const char *cluster_url_of(const char *data_dir, struct arena *arena)
{
    return url_of(data_dir, DATABASE, arena);
}

bool cluster_answers(const char *url)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct error ignored;
    return db_open(url, &db, &ignored);
}

static bool database_make(const struct cluster *cluster, const char *service, struct error *err)
{
    CLEANUP(db_closep) struct db *db = NULL;
    if (cluster_answers(cluster->url))
        return true;
    return db_open(service, &db, err) && db_run_script(db, "CREATE DATABASE " DATABASE, err);
}

static bool name_check(const char *path, struct error *err)
{
    return !strpbrk(path, "'\\\n") ||
           error_set(err, INVALID, "data_dir may not hold quotes, backslashes or line breaks");
}

/* The folder is made before it is asked what it is called. */
static bool places_fill(struct cluster *cluster, const char *data_dir, struct error *err)
{
    if (!name_check(data_dir, err) || !dir_make_path(data_dir, 0755, err))
        return false;
    cluster->data = path_join(cluster->arena, data_dir, "postgres");
    cluster->log = path_join(cluster->arena, data_dir, "postgres.log");
    cluster->socket_dir = cluster_socket_dir(data_dir, cluster->arena);
    cluster->url = cluster_url_of(data_dir, cluster->arena);
    return name_check(cluster->socket_dir, err);
}

static int silence_ms_of(const struct cluster_config *config)
{
    return config->silence_ms ? config->silence_ms : SILENCE_MS;
}

static bool start(struct cluster *cluster, const struct cluster_config *config, struct error *err)
{
    const char *data_dir = config->data_dir;
    if (!places_fill(cluster, data_dir, err))
        return false;
    const char *service = url_of(data_dir, "postgres", cluster->arena);
    const char *socket_lock = arena_printf(cluster->arena, "%s" SOCKET_NAME, cluster->socket_dir);
    return folder_lock(cluster, data_dir, err) &&
           runner_init(&cluster->runner, config->bin_dir, cluster->data, cluster->arena, err) &&
           runner_check_reach(&cluster->runner, data_dir, err) && log_ready(cluster, err) &&
           folder_own(&cluster->runner, cluster->socket_dir, err) &&
           cluster_make(cluster, data_dir, err) &&
           orphan_stop(cluster->data, cluster->arena, err) &&
           lock_files_take(cluster->data, socket_lock, cluster->arena, err) &&
           postgres_spawn(cluster, config->connections, err) &&
           postgres_wait(cluster, service, silence_ms_of(config), err) &&
           database_make(cluster, service, err);
}

bool cluster_start(const struct cluster_config *config, struct cluster **out, struct error *err)
{
    CLEANUP(cluster_stopp) struct cluster *cluster = xnew(struct cluster);
    cluster->arena = arena_new();
    cluster->lock = cluster->watch = -1;
    if (!start(cluster, config, err))
        return error_prefix(err, "embedded PostgreSQL");
    *out = STEAL(cluster);
    return true;
}

const char *cluster_url(const struct cluster *cluster)
{
    return cluster->url;
}

int cluster_watch(const struct cluster *cluster)
{
    return cluster->watch;
}

void cluster_stop(struct cluster *cluster)
{
    if (!cluster)
        return;
    if (cluster->pid > 0) {
        (void)process_end(cluster->watch, STOP_WAIT_MS);
        (void)waitpid(cluster->pid, NULL, 0);
    }
    closep(&cluster->watch);
    closep(&cluster->lock);
    arena_free(cluster->arena);
    free(cluster);
}
