/* USES lib/json */
/* What recovery finds after a kill, and what others have done meanwhile. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/store/journal.h"
#include "client/store/journal_file.h"
#include "lib/base/files.h"
#include "lib/base/record.h"

/* A file system without RENAME_EXCHANGE, and one that fails at the n-th rename, with what. */
static bool no_exchange;
static int fail_at;
static int fail_with = EIO;

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    if (fail_at && --fail_at == 0) {
        errno = fail_with;
        return -1;
    }
    if (no_exchange && flags == RENAME_EXCHANGE) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

static char root[] = "/tmp/nono-journal-steps-XXXXXX";
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

/* What is found after a kill: a put of "new" over "old" (or over nothing), or a drop of "old". */
enum left { LEFT_REPLACED, LEFT_CREATED, LEFT_DROPPED };

static const struct journal_entry left_entries[] = {
    [LEFT_REPLACED] = { .kind = CHANGE_PUT_FILE, .replaces = true },
    [LEFT_CREATED] = { .kind = CHANGE_PUT_FILE },
    [LEFT_DROPPED] = { .kind = CHANGE_DROP, .replaces = true },
};

static const char *const left_names[] = {
    "a", "a.tmp", "a.tmp.old", "a.nono-saved", "a.nono-saved-2", "b", "tree"
};

/* Everything was switched, and then came the kill. */
static struct journal_entry leave(enum left left)
{
    struct error err;
    struct stat st;
    for (size_t i = 0; i < COUNT(left_names); i++)
        assert_true(tree_remove(dir, left_names[i], &err));
    struct journal_entry entry = left_entries[left];
    entry.root = root;
    entry.path = "a";
    entry.temporary = "a.tmp";
    if (left != LEFT_CREATED)
        put("a.tmp", "old");
    if (left != LEFT_DROPPED) {
        put("a", "new");
        assert_int_equal(fstatat(dir, "a", &st, 0), 0);
        journal_stamp(&entry, &st);
    }
    return entry;
}

static void write_in_place(const char *name, const char *text)
{
    CLEANUP(closep) int fd = openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_ok(file_write_all(fd, text, strlen(text), &err));
    /* a test is faster than some clocks of file systems */
    assert_int_equal(futimens(fd, (struct timespec[]){ { 9, 9 }, { 9, 9 } }), 0);
}

static bool recover(const struct journal_entry *entry, const char *name, struct error *err)
{
    const struct journal journal = { .entries = { (void *)(uintptr_t)entry, 1 } };
    return journal_write(dir, &journal, err) && renameat(dir, JOURNAL_NAME, dir, name) == 0 &&
           journal_recover(dir, err);
}

/* Recovers, and compares a, a.nono-saved and a.nono-saved-2; nothing else may be left. */
static void recovers_to(const struct journal_entry *entry, const char *a, const char *saved,
                        const char *second)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_ok(recover(entry, JOURNAL_NAME, &err));
    assert_string_equal(got("a", arena), a);
    assert_string_equal(got("a.nono-saved", arena), saved);
    assert_string_equal(got("a.nono-saved-2", arena), second);
    assert_string_equal(got("a.tmp", arena), "-");
    assert_string_equal(got("a.tmp.old", arena), "-");
    assert_false(journal_is_left(dir));
}

static void what_nobody_touched_since_is_undone_without_a_trace(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        no_exchange = i == 1;
        struct journal_entry entry = leave(LEFT_REPLACED);
        recovers_to(&entry, "old", "-", "-");
        entry = leave(LEFT_CREATED);
        recovers_to(&entry, "-", "-", "-");
        entry = leave(LEFT_DROPPED);
        recovers_to(&entry, "old", "-", "-");
    }
    no_exchange = false;
}

static void what_was_written_in_place_since_is_set_aside(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        no_exchange = i == 1;
        struct journal_entry entry = leave(LEFT_REPLACED);
        write_in_place("a", "new, and mine");
        recovers_to(&entry, "old", "new, and mine", "-");
        entry = leave(LEFT_REPLACED);
        write_in_place("a", "own"); /* of the same length */
        put("a.nono-saved", "of another time");
        recovers_to(&entry, "old", "of another time", "own");
        entry = leave(LEFT_CREATED);
        write_in_place("a", "mine");
        recovers_to(&entry, "-", "mine", "-");
    }
    no_exchange = false;
}

static void what_others_put_in_the_place_stays_and_the_old_is_set_aside(void **state)
{
    (void)state;
    struct journal_entry entry = leave(LEFT_REPLACED);
    put("a", "theirs");
    recovers_to(&entry, "theirs", "old", "-");
    entry = leave(LEFT_CREATED);
    put("a", "theirs");
    recovers_to(&entry, "theirs", "-", "-");
    entry = leave(LEFT_DROPPED);
    put("a", "theirs");
    recovers_to(&entry, "theirs", "old", "-");
    entry = leave(LEFT_REPLACED);
    assert_int_equal(unlinkat(dir, "a", 0), 0);
    recovers_to(&entry, "old", "-", "-");
}

/* All there is of the user's settings may be what a pack was merged into. */
static void what_stands_there_stays_when_the_old_is_gone(void **state)
{
    (void)state;
    struct journal_entry entry = leave(LEFT_REPLACED);
    assert_int_equal(unlinkat(dir, "a.tmp", 0), 0);
    recovers_to(&entry, "new", "-", "-");
}

static void an_undo_that_was_killed_between_its_renames_is_completed(void **state)
{
    (void)state;
    no_exchange = true;
    struct journal_entry entry = leave(LEFT_REPLACED);
    assert_int_equal(renameat(dir, "a", dir, "a.tmp.old"), 0);
    recovers_to(&entry, "old", "-", "-");
    entry = leave(LEFT_REPLACED);
    assert_int_equal(renameat(dir, "a", dir, "a.tmp.old"), 0);
    assert_int_equal(renameat(dir, "a.tmp", dir, "a"), 0);
    recovers_to(&entry, "old", "-", "-");
    no_exchange = false;
}

static void a_switch_that_was_killed_between_its_renames_is_undone(void **state)
{
    (void)state;
    no_exchange = true;
    struct journal_entry entry = leave(LEFT_REPLACED);
    assert_int_equal(renameat(dir, "a.tmp", dir, "a.tmp.old"), 0);
    recovers_to(&entry, "old", "-", "-");
    entry = leave(LEFT_REPLACED);
    assert_int_equal(renameat(dir, "a.tmp", dir, "a.tmp.old"), 0);
    assert_int_equal(renameat(dir, "a", dir, "a.tmp"), 0);
    recovers_to(&entry, "old", "-", "-");
    no_exchange = false;
}

/* It has an inode, and neither size nor time. */
static void a_journal_of_an_earlier_nono_is_undone(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct journal_entry entry = leave(LEFT_REPLACED);
    const char *text = arena_printf(
        arena,
        "{\"version\":1,\"entries\":[{\"kind\":\"put_file\",\"root\":\"%s\",\"path\":\"a\","
        "\"temporary\":\"a.tmp\",\"replaces\":true,\"inode\":%llu}]}",
        root, (unsigned long long)entry.inode);
    put(JOURNAL_NAME, text);
    assert_ok(journal_recover(dir, &err));
    assert_string_equal(got("a", arena), "old");
    assert_string_equal(got("a.tmp", arena), "-");
    assert_false(journal_is_left(dir));
}

/* The n-th rename of a recovery fails: what may pass keeps the journal, and is done the next time.
 */
static void a_failure_that_may_pass_keeps_the_journal(void **state)
{
    (void)state;
    static const int passing[] = { EIO, ENOSPC, EACCES, EROFS };
    for (size_t i = 0; i < COUNT(passing); i++) {
        const struct journal_entry entry = leave(LEFT_REPLACED);
        fail_with = passing[i];
        fail_at = 1;
        struct error err;
        assert_false(recover(&entry, JOURNAL_NAME, &err));
        assert_true(journal_is_left(dir));
        assert_string_not_equal(err.hint, "");
        recovers_to(&entry, "old", "-", "-");
    }
    fail_with = EIO;
}

static void a_mount_in_the_way_gives_that_name_up(void **state)
{
    (void)state;
    fail_with = EBUSY;
    struct journal_entry entry = leave(LEFT_REPLACED);
    fail_at = 1;
    recovers_to(&entry, "new", "old", "-");
    entry = leave(LEFT_CREATED);
    fail_at = 1;
    recovers_to(&entry, "new", "-", "-");
    fail_with = EIO;
}

static void a_way_that_others_changed_gives_that_name_up(void **state)
{
    (void)state;
    static const struct journal_entry entries[] = {
        { .kind = CHANGE_MAKE_DIR, .root = root, .path = "tree" },
        { .kind = CHANGE_MAKE_DIR, .root = root, .path = "tree/x" },
        { .kind = CHANGE_DROP, .root = root, .path = "tree/x", .temporary = "tree/x.tmp" },
        { .kind = CHANGE_DROP_DIR, .root = root, .path = "tree/x" },
        { .kind = CHANGE_DROP_DIR, .root = root, .path = "tree" },
    };
    for (size_t i = 0; i < COUNT(entries); i++) {
        (void)leave(LEFT_REPLACED);
        put("tree", "a file now");
        assert_ok(recover(&entries[i], JOURNAL_NAME, &err));
        assert_false(journal_is_left(dir));
        assert_ok(recover(&entries[i], JOURNAL_DONE, &err));
        assert_false(journal_is_left(dir));
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(got("tree", arena), "a file now");
        assert_ok(tree_remove(dir, "tree", &err));
        assert_int_equal(symlinkat(".", dir, "tree"), 0);
        assert_ok(recover(&entries[i], JOURNAL_NAME, &err));
        assert_ok(recover(&entries[i], JOURNAL_DONE, &err));
        assert_int_equal(unlinkat(dir, "tree", 0), 0);
    }
}

static void with_no_name_left_to_set_it_aside_it_stays_where_it_is(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct journal_entry entry = leave(LEFT_DROPPED);
    put("a", "theirs");
    put("a.nono-saved", "1");
    for (int i = 2; i < 100; i++)
        put(arena_printf(arena, "a.nono-saved-%d", i), "more");
    assert_ok(recover(&entry, JOURNAL_NAME, &err));
    assert_string_equal(got("a", arena), "theirs");
    assert_string_equal(got("a.nono-saved", arena), "1");
    assert_string_equal(got("a.tmp", arena), "old");
    assert_false(journal_is_left(dir));
    for (int i = 2; i < 100; i++)
        assert_ok(tree_remove(dir, arena_printf(arena, "a.nono-saved-%d", i), &err));
}

static void a_long_name_is_set_aside_under_a_shorter_one(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char name[NAME_MAX + 1], saved[NAME_MAX + 1];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    struct journal_entry entry = leave(LEFT_DROPPED);
    entry.path = name;
    put(name, "theirs");
    assert_ok(recover(&entry, JOURNAL_NAME, &err));
    assert_string_equal(got(name, arena), "theirs");
    (void)snprintf(saved, sizeof(saved), "%.*s.nono-saved", NAME_MAX - 14, name);
    assert_string_equal(got(saved, arena), "old");
    assert_false(journal_is_left(dir));
    assert_ok(tree_remove(dir, name, &err));
    assert_ok(tree_remove(dir, saved, &err));
}

static void tidying_goes_on_behind_what_cannot_be_tidied(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)leave(LEFT_REPLACED);
    put("tree", "in the way");
    struct journal_entry entries[] = {
        { .kind = CHANGE_DROP, .root = root, .path = "tree/x", .temporary = "tree/x.tmp" },
        { .kind = CHANGE_DROP, .root = root, .path = "b", .temporary = "a.tmp" },
    };
    const struct journal journal = { .entries = { entries, COUNT(entries) } };
    assert_ok(journal_write(dir, &journal, &err));
    assert_int_equal(renameat(dir, JOURNAL_NAME, dir, JOURNAL_DONE), 0);
    assert_ok(journal_recover(dir, &err));
    assert_string_equal(got("a.tmp", arena), "-");
    assert_string_equal(got("a", arena), "new");
    assert_false(journal_is_left(dir));
    assert_ok(tree_remove(dir, "tree", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_touched_since_is_undone_without_a_trace),
        cmocka_unit_test(what_was_written_in_place_since_is_set_aside),
        cmocka_unit_test(what_others_put_in_the_place_stays_and_the_old_is_set_aside),
        cmocka_unit_test(what_stands_there_stays_when_the_old_is_gone),
        cmocka_unit_test(an_undo_that_was_killed_between_its_renames_is_completed),
        cmocka_unit_test(a_switch_that_was_killed_between_its_renames_is_undone),
        cmocka_unit_test(a_journal_of_an_earlier_nono_is_undone),
        cmocka_unit_test(a_failure_that_may_pass_keeps_the_journal),
        cmocka_unit_test(a_mount_in_the_way_gives_that_name_up),
        cmocka_unit_test(a_way_that_others_changed_gives_that_name_up),
        cmocka_unit_test(with_no_name_left_to_set_it_aside_it_stays_where_it_is),
        cmocka_unit_test(a_long_name_is_set_aside_under_a_shorter_one),
        cmocka_unit_test(tidying_goes_on_behind_what_cannot_be_tidied),
    };
    return cmocka_run_group_tests_name("client/store/journal_steps", tests, folder_make,
                                       folder_drop);
}
