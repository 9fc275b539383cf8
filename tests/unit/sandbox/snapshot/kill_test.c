/* USES tests/support */
#include <errno.h>

#include "tests/unit/sandbox/snapshot/world.h"

/*
 * A process that is killed at any marked point, one after the other. What it leaves must be whole,
 * and doing the same again must complete it.
 */

/* Does something in a child that dies when it comes to its n-th point. False when it lived. */
static bool killed_at(int point, void (*act)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char at[16];
        struct snapshot_store *own;
        struct error err;
        (void)snprintf(at, sizeof(at), "*:%d", point);
        (void)setenv("NONO_CRASH_AT", at, 1);        /* NOLINT(concurrency-mt-unsafe): one thread */
        if (!snapshot_store_open(state, &own, &err)) /* its own descriptors and locks */
            _exit(1);
        store = own;
        act();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

static void create_next(void)
{
    const struct snapshot_options options = { .folder = folder, .name = "next" };
    struct snapshot_result result;
    struct error err;
    if (!snapshot_create(store, &options, arena, &result, &err))
        _exit(1);
}

/* As if every folder were a subvolume, or the lower part of an overlay: nothing moves between them.
 */
static bool apart;

int __real_renameat(int from, const char *name, int to, const char *target);
int __real_renameat2(int from, const char *name, int to, const char *target, unsigned flags);
int __wrap_renameat(int from, const char *name, int to, const char *target);
int __wrap_renameat2(int from, const char *name, int to, const char *target, unsigned flags);

static bool is_refused(int from, int to)
{
    errno = EXDEV;
    return apart && from != to;
}

int __wrap_renameat(int from, const char *name, int to, const char *target)
{
    return is_refused(from, to) ? -1 : __real_renameat(from, name, to, target);
}

int __wrap_renameat2(int from, const char *name, int to, const char *target, unsigned flags)
{
    return is_refused(from, to) ? -1 : __real_renameat2(from, name, to, target, flags);
}

static bool exists(const char *name, struct snapshot *out)
{
    struct error err;
    bool found = snapshot_find(store, folder, name, arena, out, &err);
    assert_true(found || err.kind == ERROR_NOT_FOUND);
    return found;
}

/* Whether there is one; it is then removed, so that the next try can take it. */
static bool next_is_whole(void)
{
    struct snapshot next;
    if (!exists("next", &next))
        return false;
    assert_int_equal(faults_of(&next), 0);
    assert_ok(snapshot_delete(store, folder, next.name, false, &err));
    return true;
}

static void a_killed_create_leaves_nothing_or_all(void **unused)
{
    (void)unused;
    struct snapshot before = take("before").snapshot, next;
    everything_change();
    int point = 0, whole = 0;
    for (bool killed = true; killed;) {
        /* something new each time, or the contents of the last try would be there already */
        tree_put(folder, &(struct tree_item){ 'f', "new", arena_printf(arena, "%d", point), 0 });
        killed = killed_at(++point, create_next);
        assert_int_equal(faults_of(&before), 0);
        whole += killed && next_is_whole();
    }
    assert_true(point > 4 && whole > 0);
    assert_true(exists("next", &next));
    assert_int_equal(faults_of(&next), 0);
    struct snapshot_pruned pruned;
    assert_ok(snapshot_prune(store, arena, &pruned, &err));
    assert_int_equal(faults_of(&next) + faults_of(&before), 0);
}

static void restore_before(void)
{
    struct snapshot snapshot;
    struct snapshot_restored restored;
    struct error err;
    if (!snapshot_find(store, folder, "before", arena, &snapshot, &err) ||
        !snapshot_restore(store, &snapshot, &at_once, arena, &restored, &err))
        _exit(1);
}

/* Whether a file holds one of two texts, whole; an absent one is "". */
static bool holds(const char *name, const char *one, const char *other)
{
    struct error err;
    const char *text = "", *path = path_join(arena, folder, name);
    size_t len;
    struct stat st;
    if (lstat(path, &st) != 0)
        text = "";
    else if (!S_ISREG(st.st_mode))
        text = "(no file)";
    else if (!file_read_path(path, MIB, arena, &text, &len, &err))
        return false;
    return strcmp(text, one) == 0 || strcmp(text, other) == 0;
}

/* A folder that becomes a file, or the other way round, where the two cannot change places. */
static bool is_between(const char *name)
{
    return apart && holds(name, "", "");
}

static void each_file_is_old_or_new(void)
{
    assert_true(holds("README", "something else\n", "read me\n"));
    assert_true(holds("empty", "", ""));
    assert_true(holds("new", "new", ""));
    assert_true(holds("dangling", "no link any more", "(no file)"));
    assert_true(holds("old", "a file now", "(no file)") || is_between("old"));
    assert_true(holds("old/1", "one", ""));
    assert_true(holds("src/run.sh", "", "#!/bin/sh\n"));
    assert_true(holds("twin", "(no file)", "read me\n") || is_between("twin"));
    struct stat st;
    assert_int_equal(stat(path_join(arena, folder, "large"), &st), 0);
    assert_int_equal(st.st_size, 3 * MIB + 5);
}

/* Whatever the folders are, and with patterns that match what is left of a restore. */
static void restores_are_killed(const char *const *exclude)
{
    const char *wanted = tree_print(folder, arena);
    const struct snapshot_options options = { folder, "before", .exclude = exclude };
    const struct snapshot_options other = { .folder = folder, .name = "other" };
    struct snapshot before;
    struct snapshot_result result;
    int point = 1, applying = 0;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    before = result.snapshot;
    for (bool killed = true; killed; point++) {
        everything_change();
        killed = killed_at(point, restore_before);
        each_file_is_old_or_new();
        struct error err;
        if (!snapshot_create(store, &other, arena, &result, &err)) {
            assert_int_equal(err.kind, ERROR_CONFLICT); /* a half restored folder is no baseline */
            applying++;
        } else if (!snapshot_delete(store, folder, other.name, false, &err)) {
            fail();
        }
        go_back(&before);
        assert_string_equal(tree_print(folder, arena), wanted);
    }
    assert_true(point > 20 && applying > 10);
}

static void a_killed_restore_is_completed_by_the_next(void **unused)
{
    (void)unused;
    restores_are_killed(NULL);
}

static void one_that_can_move_nothing_between_folders_too(void **unused)
{
    (void)unused;
    static const char *const hidden[] = { ".*", NULL };
    apart = true;
    restores_are_killed(hidden);
    apart = false;
}

static void prune_all(void)
{
    struct snapshot_pruned pruned;
    struct error err;
    if (!snapshot_prune(store, arena, &pruned, &err))
        _exit(1);
}

static void a_killed_prune_loses_nothing(void **unused)
{
    (void)unused;
    struct snapshot before = take("before").snapshot;
    int point = 1;
    for (bool killed = true; killed; point++) {
        tree_put(folder, &(struct tree_item){ 'f', "new", arena_printf(arena, "%d", point), 0 });
        struct snapshot next = take("next").snapshot;
        killed = killed_at(point, prune_all);
        assert_int_equal(faults_of(&before) + faults_of(&next), 0);
        assert_ok(snapshot_delete(store, folder, next.name, false, &err));
    }
    assert_true(point > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_killed_create_leaves_nothing_or_all),
        CASE(a_killed_restore_is_completed_by_the_next),
        CASE(one_that_can_move_nothing_between_folders_too),
        CASE(a_killed_prune_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
