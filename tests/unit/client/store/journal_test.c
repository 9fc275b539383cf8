/* USES lib/json */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/store/journal.h"
#include "client/store/journal_file.h"
#include "lib/base/files.h"
#include "lib/base/record.h"

/* A file system without RENAME_EXCHANGE, and one that fails at the n-th rename. */
static bool no_exchange;
static int fail_at;

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    if (fail_at && --fail_at == 0) {
        errno = EIO;
        return -1;
    }
    if (no_exchange && flags == RENAME_EXCHANGE) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

static char root[] = "/tmp/nono-journal-XXXXXX";
static int dir = -1;

static int folder_make(void **state)
{
    (void)state;
    struct error err;
    return mkdtemp(root) && dir_open(root, &dir, &err) ? 0 : -1;
}

static int folder_drop(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(closep) int tmp = -1;
    (void)close(dir);
    return dir_open("/tmp", &tmp, &err) && tree_remove(tmp, root + strlen("/tmp/"), &err) ? 0 : -1;
}

static void put(const char *name, const char *text)
{
    assert_ok(file_replace(dir, name, text, strlen(text), 0644, &err));
}

/* The text of a file, or "-" when there is none. */
static const char *got(const char *name, struct arena *arena)
{
    const char *text;
    size_t len;
    struct error err;
    return file_read_beneath(dir, name, 1000, arena, &text, &len, &err) ? text : "-";
}

static size_t names_count(void)
{
    size_t count = 0;
    static const char *const known[] = { "a", "b", "new", "made", "tree" };
    for (size_t i = 0; i < COUNT(known); i++)
        count += faccessat(dir, known[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return count;
}

/* Replaces a, makes new and made/x, drops b, replaces the folder tree. */
static bool change_all(struct error *err)
{
    CLEANUP(closep) int staged = -1;
    if (!dir_make_beneath(dir, ".staging/t", 0755, err) ||
        !file_open_beneath(dir, ".staging/t", O_RDONLY | O_DIRECTORY, 0, &staged, err) ||
        !file_replace(staged, "x", "tree2", 5, 0644, err))
        return false;
    const struct change changes[] = {
        { .kind = CHANGE_MAKE_DIR, .root = root, .path = "made", .mode = 0755 },
        { .kind = CHANGE_PUT_FILE,
          .root = root,
          .path = "made/x",
          .bytes = "m",
          .len = 1,
          .mode = 0600 },
        { .kind = CHANGE_PUT_FILE,
          .root = root,
          .path = "a",
          .bytes = "a2",
          .len = 2,
          .mode = 0644,
          .replaces = true },
        { .kind = CHANGE_PUT_LINK, .root = root, .path = "new", .target = "a" },
        { .kind = CHANGE_DROP, .root = root, .path = "b", .replaces = true },
        { .kind = CHANGE_PUT_TREE,
          .root = root,
          .path = "tree",
          .staged = ".staging/t",
          .replaces = true },
    };
    return journal_apply(dir, changes, COUNT(changes), err);
}

static void before_make(void)
{
    struct error err;
    static const char *const names[] = { "a", "b", "new", "made", "tree" };
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(tree_remove(dir, names[i], &err));
    put("a", "a1");
    put("b", "b1");
    assert_true(dir_make_beneath(dir, "tree", 0755, &err));
    CLEANUP(closep) int tree = -1;
    assert_true(file_open_beneath(dir, "tree", O_RDONLY | O_DIRECTORY, 0, &tree, &err));
    assert_true(file_replace(tree, "x", "tree1", 5, 0644, &err));
}

static void before_check(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(got("a", arena), "a1");
    assert_string_equal(got("b", arena), "b1");
    assert_string_equal(got("tree/x", arena), "tree1");
    assert_int_equal(names_count(), 3);
    assert_false(journal_is_left(dir));
}

static void after_check(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char target[8] = "";
    assert_string_equal(got("a", arena), "a2");
    assert_string_equal(got("b", arena), "-");
    assert_string_equal(got("made/x", arena), "m");
    assert_string_equal(got("tree/x", arena), "tree2");
    assert_int_equal(readlinkat(dir, "new", target, sizeof(target)), 1);
    assert_false(journal_is_left(dir));
}

static void all_changes_are_made(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        no_exchange = i == 1;
        before_make();
        assert_ok(change_all(&err));
        after_check();
    }
    no_exchange = false;
}

/* Fails at the n-th rename, if it comes so far. */
static bool failure_at(int at)
{
    struct error err;
    before_make();
    fail_at = at;
    bool ok = change_all(&err);
    bool reached = fail_at == 0;
    fail_at = 0;
    assert_int_equal(ok, !reached);
    if (reached)
        before_check();
    return reached;
}

static void a_failure_at_any_rename_leaves_all_as_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int at = 1;
        no_exchange = i == 1;
        while (failure_at(at))
            at++;
        assert_true(at > 4);
    }
    no_exchange = false;
}

static void what_changed_since_the_plan_is_a_conflict(void **state)
{
    (void)state;
    before_make();
    struct change change = { .kind = CHANGE_PUT_FILE,
                             .root = root,
                             .path = "a",
                             .bytes = "x",
                             .len = 1,
                             .mode = 0644,
                             .replaces = true };
    assert_int_equal(fstatat(dir, "a", &change.seen, 0), 0);
    put("a", "a1");
    assert_fails(journal_apply(dir, &change, 1, &err), CONFLICT);
    before_check();
}

static void what_somebody_put_there_is_never_overwritten(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    before_make();
    const struct change change = {
        .kind = CHANGE_PUT_FILE, .root = root, .path = "a", .bytes = "x", .len = 1, .mode = 0644
    };
    struct error err;
    assert_false(journal_apply(dir, &change, 1, &err));
    assert_string_equal(got("a", arena), "a1");
    assert_false(journal_is_left(dir));
}

static void a_journal_that_is_left_is_undone_or_tidied(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    before_make();
    put(".a.tmp", "a2");
    struct stat st;
    assert_int_equal(fstatat(dir, ".a.tmp", &st, 0), 0);
    struct journal_entry entry = { .kind = CHANGE_PUT_FILE,
                                   .root = root,
                                   .path = "a",
                                   .temporary = ".a.tmp",
                                   .replaces = true,
                                   .inode = st.st_ino };
    const struct journal journal = { .entries = { &entry, 1 } };
    assert_ok(journal_write(dir, &journal, &err));
    assert_int_equal(__real_renameat2(dir, ".a.tmp", dir, "a", RENAME_EXCHANGE), 0);
    assert_string_equal(got("a", arena), "a2");
    assert_true(journal_is_left(dir));
    assert_ok(journal_recover(dir, &err));
    before_check();
    assert_string_equal(got(".a.tmp", arena), "-");

    put(".a.tmp", "old");
    assert_ok(journal_write(dir, &journal, &err));
    assert_int_equal(renameat(dir, JOURNAL_NAME, dir, JOURNAL_DONE), 0);
    assert_ok(journal_recover(dir, &err));
    before_check();
    assert_string_equal(got(".a.tmp", arena), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_changes_are_made),
        cmocka_unit_test(a_failure_at_any_rename_leaves_all_as_it_was),
        cmocka_unit_test(what_changed_since_the_plan_is_a_conflict),
        cmocka_unit_test(what_somebody_put_there_is_never_overwritten),
        cmocka_unit_test(a_journal_that_is_left_is_undone_or_tidied),
    };
    return cmocka_run_group_tests_name("client/store/journal", tests, folder_make, folder_drop);
}
