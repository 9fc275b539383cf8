#include "tests/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "registry/db/cluster.h"
#include "registry/db/db.h"
#include "registry/db/migrate.h"

static char folder[64];
static struct cluster *cluster;

static struct cluster_config config_of(const char *data_dir)
{
    return (struct cluster_config){ .data_dir = data_dir, .connections = 20 };
}

static void folder_make(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-cluster-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
}

static int group_start(void **state)
{
    (void)state;
    struct error err;
    folder_make();
    struct cluster_config config = config_of(folder);
    if (!cluster_start(&config, &cluster, &err)) {
        print_message("no PostgreSQL here: %s\n", err.message);
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): the test has one thread */
        exit(err.kind == ERROR_UNSUPPORTED ? 77 : 1);
    }
    return 0;
}

static int group_stop(void **state)
{
    (void)state;
    CLEANUP(closep) int tmp = -1;
    cluster_stop(cluster);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, folder + strlen("/tmp/"), &err));
    return 0;
}

static struct db *db_new(void)
{
    struct db *db = NULL;
    assert_ok(db_open(cluster_url(cluster), &db, &err));
    return db;
}

static void a_second_server_is_refused_the_folder(void **state)
{
    (void)state;
    struct cluster *second;
    struct cluster_config config = config_of(folder);
    assert_fails(cluster_start(&config, &second, &err), CONFLICT);
}

static void only_its_user_can_look_at_the_socket(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct stat status;
    assert_int_equal(stat(cluster_socket_dir(folder, arena), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_not_equal(status.st_uid, 0);
}

static void a_long_folder_has_its_socket_elsewhere(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char path[200];
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    const char *socket_dir = cluster_socket_dir(path, arena);
    assert_true(strlen(socket_dir) < 60);
    assert_string_equal(socket_dir, cluster_socket_dir(path, arena));
}

/* A command finds the server of a folder that it was told by another name. */
static void a_folder_has_one_socket_however_it_is_named(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char base[64] = "/tmp/nono-cluster-name-XXXXXX";
    assert_non_null(mkdtemp(base));
    const char *deep = arena_printf(arena, "%s/%0100d", base, 0),
               *near = path_join(arena, base, "a");
    const char *link = path_join(arena, base, "link");
    assert_int_equal(mkdir(deep, 0755) | mkdir(near, 0755) | symlink(deep, link), 0);
    const char *const names[][2] = { { deep, link },
                                     { deep, arena_printf(arena, "%s/", deep) },
                                     { deep, arena_printf(arena, "%s/a/../link/.", base) },
                                     { near, arena_printf(arena, "%s//a/", base) } };
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(cluster_socket_dir(names[i][0], arena),
                            cluster_socket_dir(names[i][1], arena));
    assert_string_not_equal(cluster_socket_dir(deep, arena), cluster_socket_dir(near, arena));
    CLEANUP(closep) int tmp = -1;
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, base + strlen("/tmp/"), &err));
}

/* A child makes a cluster of its own and dies without a word. */
static void a_killed_server_leaves_nothing_in_the_way(void **state)
{
    (void)state;
    char other[64] = "/tmp/nono-cluster-kill-XXXXXX";
    assert_non_null(mkdtemp(other));
    assert_int_equal(chmod(other, 0755), 0);
    struct cluster_config config = config_of(other);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct cluster *mine;
        struct error err;
        bool ok = cluster_start(&config, &mine, &err);
        (void)!write(ready[1], ok ? "y" : "n", 1);
        (void)pause();
    }
    char word;
    assert_int_equal(read(ready[0], &word, 1), 1);
    assert_int_equal(word, 'y');
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);

    struct cluster *again = NULL;
    CLEANUP(closep) int tmp = -1;
    assert_ok(cluster_start(&config, &again, &err));
    cluster_stop(again);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, other + strlen("/tmp/"), &err));
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* A child of PostgreSQL's user that ends when the descriptor is closed. */
static pid_t bystander_start(const struct stat *user, int *out_fd)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        (void)close(ends[1]);
        if (geteuid() == 0 && (setgid(user->st_gid) != 0 || setuid(user->st_uid) != 0))
            _exit(1);
        _exit((int)read(ends[0], &byte, 1));
    }
    (void)close(ends[0]);
    *out_fd = ends[1];
    return pid;
}

static void pid_write(const char *path, pid_t pid, const struct stat *user)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(dprintf(fd, "%d\n", (int)pid) > 0);
    assert_int_equal(fchown(fd, user->st_uid, user->st_gid), 0);
}

/* After a crash of the machine, another process has the number of the server that was. */
static void a_number_that_is_anothers_now_is_not_in_the_way(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int tmp = -1;
    CLEANUP(closep) int bystander_end = -1;
    char other[64] = "/tmp/nono-cluster-pid-XXXXXX";
    struct cluster *mine;
    struct stat user;
    assert_non_null(mkdtemp(other));
    assert_int_equal(chmod(other, 0755), 0);
    struct cluster_config config = config_of(other);
    assert_ok(cluster_start(&config, &mine, &err));
    cluster_stop(mine);

    assert_int_equal(stat(path_join(arena, other, "postgres"), &user), 0);
    pid_t bystander = bystander_start(&user, &bystander_end);
    const char *sockets = cluster_socket_dir(other, arena);
    pid_write(path_join(arena, other, "postgres/postmaster.pid"), bystander, &user);
    pid_write(path_join(arena, sockets, ".s.PGSQL.5432.lock"), bystander, &user);
    assert_ok(cluster_start(&config, &mine, &err));
    cluster_stop(mine);
    assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0); /* it was let be */

    (void)close(STEAL_FD(bystander_end));
    assert_int_equal(waitpid(bystander, NULL, 0), bystander);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, other + strlen("/tmp/"), &err));
}

static void file_append(const char *path, const char *text, const struct stat *user)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchown(fd, user->st_uid, user->st_gid), 0);
}

/* Ends the recovery of the server in data; false before there is a server. */
static bool server_promote(const char *data, struct arena *arena)
{
    struct error err;
    const char *text;
    size_t len;
    CLEANUP(closep)
    int fd = open(path_join(arena, data, "promote"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd >= 0 &&
           file_read_path(path_join(arena, data, "postmaster.pid"), 4096, arena, &text, &len,
                          &err) &&
           kill((pid_t)strtol(text, NULL, 10), SIGUSR1) == 0;
}

#define SHORT_SILENCE_MS 4000

/* A server that takes nobody until it is told to, as one does that recovers for long. */
static void a_recovery_is_waited_for(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int tmp = -1;
    char other[64] = "/tmp/nono-cluster-recovery-XXXXXX";
    struct cluster *mine;
    struct stat user;
    int status;
    assert_non_null(mkdtemp(other));
    assert_int_equal(chmod(other, 0755), 0);
    struct cluster_config config = config_of(other);
    config.silence_ms = SHORT_SILENCE_MS;
    assert_ok(cluster_start(&config, &mine, &err));
    cluster_stop(mine);

    const char *data = path_join(arena, other, "postgres");
    assert_int_equal(stat(data, &user), 0);
    file_append(path_join(arena, data, "standby.signal"), "", &user);
    file_append(path_join(arena, data, "postgresql.auto.conf"), "hot_standby = off\n", &user);
    pid_t child = fork();
    if (child == 0) {
        (void)poll(NULL, 0, 2 * SHORT_SILENCE_MS);
        _exit(server_promote(data, arena) ? 0 : 1);
    }
    assert_ok(cluster_start(&config, &mine, &err));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    cluster_stop(mine);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, other + strlen("/tmp/"), &err));
}

static const struct migration history[] = {
    { "0001_a", "CREATE TABLE a (n bigint PRIMARY KEY, t text CHECK (t <> ''));" },
    { "0002_b", "INSERT INTO a VALUES (1, 'one'); INSERT INTO a VALUES (2, 'two');" },
};

static void migrations_run_once_and_in_order(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    size_t applied;
    assert_fails(migrate_check(db, history, 2, &err), NOT_FOUND); /* nothing was ever made here */
    assert_ok(migrate_run(db, history, 1, &applied, &err));
    assert_int_equal(applied, 1);
    assert_fails(migrate_check(db, history, 2, &err), CONFLICT);
    assert_ok(migrate_run(db, history, 2, &applied, &err));
    assert_int_equal(applied, 1);
    assert_ok(migrate_run(db, history, 2, &applied, &err));
    assert_int_equal(applied, 0);
    assert_ok(migrate_check(db, history, 2, &err));
}

static void a_changed_or_unknown_migration_is_refused(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const struct migration changed[] = { history[0], { "0002_b", "SELECT 2" } };
    const struct migration other[] = { { "0000_x", "SELECT 0" }, history[0], history[1] };
    assert_fails(migrate_run(db, changed, 2, NULL, &err), CONFLICT);
    assert_fails(migrate_run(db, other, 3, NULL, &err), CONFLICT);
    assert_fails(migrate_run(db, history, 1, NULL, &err), CONFLICT); /* an older program */
}

static void a_failing_migration_leaves_nothing(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    const struct migration bad[] = { history[0],
                                     history[1],
                                     { "0003_c", "CREATE TABLE c (x int); SELECT 1 / 0;" } };
    assert_fails(migrate_run(db, bad, 3, NULL, &err), INVALID);
    assert_fails(db_run_script(db, "SELECT * FROM c", &err), INTERNAL);
    assert_ok(migrate_check(db, history, 2, &err));
}

static void constraints_have_kinds_and_names(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    struct error err;
    assert_false(db_run_script(db, "INSERT INTO a VALUES (1, 'again')", &err));
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_string_equal(err.field, "a_pkey");
    assert_false(db_run_script(db, "INSERT INTO a VALUES (3, '')", &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_string_equal(err.field, "a_t_check");
}

struct clash {
    struct db *other;
    unsigned runs;
};

/* Both read and write; the other commits first, so that this one must run again. */
static bool clash_work(struct db *db, void *context, struct error *err)
{
    struct clash *clash = context;
    if (!db_run_script(db, "SELECT sum(n) FROM a", err))
        return false;
    if (clash->runs++ == 0 &&
        !db_run_script(clash->other,
                       "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(n) FROM a;"
                       "INSERT INTO a VALUES (10, 'other'); COMMIT",
                       err))
        return false;
    return db_run_script(db, "INSERT INTO a VALUES (11, 'mine')", err);
}

static void a_serialisation_failure_runs_the_work_again(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    CLEANUP(db_closep) struct db *other = db_new();
    struct clash clash = { other, 0 };
    assert_ok(db_transact(db, DB_SERIALIZABLE, clash_work, &clash, &err));
    assert_int_equal(clash.runs, 2);
    assert_false(db_in_transaction(db));
}

static bool nested_work(struct db *db, void *context, struct error *err)
{
    return db_transact(db, DB_READ_COMMITTED, nested_work, context, err);
}

static void transactions_do_not_nest(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    assert_fails(db_transact(db, DB_READ_COMMITTED, nested_work, NULL, &err), INTERNAL);
    assert_ok(db_ping(db, &err));
}

static void a_lost_connection_is_made_again(void **state)
{
    (void)state;
    CLEANUP(db_closep) struct db *db = db_new();
    assert_fails(db_run_script(db, "SELECT pg_terminate_backend(pg_backend_pid())", &err),
                 UNAVAILABLE);
    assert_ok(db_run_script(db, "SELECT 1", &err));
}

static void notices_arrive(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(db_closep) struct db *listener = db_new();
    CLEANUP(db_closep) struct db *db = db_new();
    const char *payload;
    assert_ok(db_listen(listener, "changes", &err));
    assert_ok(db_wait(listener, 0, -1, arena, &payload, &err));
    assert_null(payload);
    assert_ok(db_run_script(db, "NOTIFY changes, 'acme/web'; NOTIFY changes, 'acme/other'", &err));
    assert_ok(db_wait(listener, 10000, -1, arena, &payload, &err));
    assert_string_equal(payload, "acme/web");
    assert_ok(db_wait(listener, 10000, -1, arena, &payload, &err));
    assert_string_equal(payload, "acme/other");
}

static void a_connection_that_was_made_again_does_not_pass_for_one_that_listens(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(db_closep) struct db *db = db_new();
    const char *payload;
    assert_ok(db_listen(db, "changes", &err));
    assert_fails(db_run_script(db, "SELECT pg_terminate_backend(pg_backend_pid())", &err),
                 UNAVAILABLE);
    assert_ok(db_run_script(db, "SELECT 1", &err));
    assert_fails(db_wait(db, 0, -1, arena, &payload, &err), UNAVAILABLE);
    assert_ok(db_listen(db, "changes", &err));
    assert_ok(db_wait(db, 0, -1, arena, &payload, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_server_is_refused_the_folder),
        cmocka_unit_test(only_its_user_can_look_at_the_socket),
        cmocka_unit_test(a_long_folder_has_its_socket_elsewhere),
        cmocka_unit_test(a_folder_has_one_socket_however_it_is_named),
        cmocka_unit_test(a_killed_server_leaves_nothing_in_the_way),
        cmocka_unit_test(a_number_that_is_anothers_now_is_not_in_the_way),
        cmocka_unit_test(a_recovery_is_waited_for),
        cmocka_unit_test(migrations_run_once_and_in_order),
        cmocka_unit_test(a_changed_or_unknown_migration_is_refused),
        cmocka_unit_test(a_failing_migration_leaves_nothing),
        cmocka_unit_test(constraints_have_kinds_and_names),
        cmocka_unit_test(a_serialisation_failure_runs_the_work_again),
        cmocka_unit_test(transactions_do_not_nest),
        cmocka_unit_test(a_lost_connection_is_made_again),
        cmocka_unit_test(notices_arrive),
        cmocka_unit_test(a_connection_that_was_made_again_does_not_pass_for_one_that_listens),
    };
    return cmocka_run_group_tests_name("registry/db/cluster", tests, group_start, group_stop);
}
