/* USES tests/support */
#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/record.h"
#include "tests/unit/sandbox/snapshot/world.h"

#define STAGING ".nono-restore-0123456789abcdef"

/* As a killed restore leaves it. */
static void journal_put(const char *name, bool applying)
{
    CLEANUP(closep) int dir = -1;
    const struct journal journal = { name, STAGING, applying };
    assert_ok(record_folder_open(store, folder, false, &dir, &err));
    assert_ok(restore_journal_write(dir, &journal, &err));
    tree_put(folder, &(struct tree_item){ 'd', STAGING, NULL, 0 });
    tree_put(folder, &(struct tree_item){ 'f', STAGING "/1", "staged", 0 });
}

static bool journal_is_there(void)
{
    CLEANUP(closep) int dir = -1;
    struct journal journal;
    assert_ok(record_folder_open(store, folder, false, &dir, &err));
    assert_ok(restore_journal_read(dir, arena, &journal, &err));
    return journal.name != NULL;
}

static void the_snapshot_to_complete_is_not_deleted(void **unused)
{
    (void)unused;
    struct snapshot taken = take("a").snapshot;
    take("b");
    journal_put("a", true);
    assert_fails(snapshot_delete(store, folder, "a", false, &err), CONFLICT);
    assert_ok(snapshot_delete(store, folder, "b", false, &err));
    go_back(&taken);
    assert_false(journal_is_there());
    assert_ok(snapshot_delete(store, folder, "a", false, &err));
}

static void before_anything_was_changed_there_is_nothing_to_complete(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    take("a");
    journal_put("a", false);
    assert_ok(snapshot_delete(store, folder, "a", false, &err));
    take("b");
    assert_false(journal_is_there());
    assert_string_equal(tree_print(folder, arena), before);
}

static void a_journal_without_its_snapshot_blocks_nothing(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    struct snapshot_result result;
    take("a");
    journal_put("a", true);
    assert_fails(snapshot_create(store, &options, arena, &result, &err), CONFLICT);
    assert_true(journal_is_there());
    assert_ok(snapshot_delete(store, folder, "a", true, &err));
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    assert_false(journal_is_there());
    assert_string_equal(tree_print(folder, arena), before);
}

/* What a bad disk makes of it. */
static void journal_spoil(const char *text, size_t len)
{
    CLEANUP(closep) int dir = -1;
    assert_ok(record_folder_open(store, folder, false, &dir, &err));
    assert_ok(file_replace(dir, "journal", text, len, 0600, &err));
}

/* How many journals were set aside, and that they are what was found. */
static unsigned damaged_count(const char *text)
{
    CLEANUP(closep) int dir = -1;
    unsigned count = 0;
    assert_ok(record_folder_open(store, folder, false, &dir, &err));
    DIR *stream = fdopendir(dup(dir));
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        const char *found;
        size_t len;
        if (strncmp(entry->d_name, "journal-damaged-", 16) != 0)
            continue;
        assert_ok(file_read_beneath(dir, entry->d_name, 16 * KIB, arena, &found, &len, &err));
        assert_string_equal(found, text);
        count++;
    }
    closedir(stream);
    return count;
}

static void a_damaged_journal_is_told_with_a_way_out(void **unused)
{
    (void)unused;
    static char large[5000];
    memset(large, ' ', sizeof(large) - 1);
    const char *const spoilt[] = {
        "", "{\"applying\":tr", "\xff", large,
        "{\"applying\":true,\"format\":1,\"name\":\"a\",\"staging\":\"src\"}"
    };
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    struct snapshot_result result;
    take("a");
    journal_put("a", true);
    const char *before = tree_print(folder, arena);
    for (size_t i = 0; i < COUNT(spoilt); i++) {
        journal_spoil(spoilt[i], strlen(spoilt[i]));
        struct error fault;
        assert_false(snapshot_create(store, &options, arena, &result, &fault));
        assert_int_equal(fault.kind, ERROR_UNTRUSTED);
        assert_non_null(strstr(fault.message, "journal of an interrupted restore is damaged"));
        assert_non_null(strstr(fault.hint, "nono snapshot restore NAME"));
        assert_fails(snapshot_delete(store, folder, "a", false, &err), UNTRUSTED);
        assert_int_equal(damaged_count(spoilt[i]), 0);
    }
    assert_string_equal(tree_print(folder, arena), before);
    journal_put("a", true);
    assert_fails(snapshot_create(store, &options, arena, &result, &err), CONFLICT);
}

static void any_restore_completes_one_whose_journal_is_damaged(void **unused)
{
    (void)unused;
    static const char half[] = "{\"applying\":tr";
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    journal_put("a", true);
    journal_spoil(half, strlen(half));
    tree_put(folder, &(struct tree_item){ 'f', "README", "changed\n", 0 });
    go_back(&taken);
    assert_string_equal(tree_print(folder, arena), before);
    assert_false(journal_is_there());
    assert_int_equal(damaged_count(half), 1);

    journal_spoil(half, strlen(half)); /* nothing differs, and still it has to go */
    go_back(&taken);
    assert_false(journal_is_there());
    assert_int_equal(damaged_count(half), 2);
    take("b");
}

static void a_delete_by_force_gives_up_what_the_damaged_journal_was_for(void **unused)
{
    (void)unused;
    static const char half[] = "{";
    take("a");
    take("b");
    journal_put("a", true);
    journal_spoil(half, strlen(half));
    const char *before = tree_print(folder, arena);
    assert_fails(snapshot_delete(store, folder, "none", true, &err), NOT_FOUND);
    assert_int_equal(damaged_count(half), 0);
    assert_ok(snapshot_delete(store, folder, "a", true, &err));
    assert_int_equal(damaged_count(half), 1);
    assert_false(journal_is_there());
    take("c");
    assert_string_equal(tree_print(folder, arena), before);

    journal_put("b", true); /* one that can be read is of b alone */
    assert_ok(snapshot_delete(store, folder, "c", true, &err));
    assert_true(journal_is_there());
}

static void a_damaged_journal_without_any_snapshot_blocks_nothing(void **unused)
{
    (void)unused;
    take("a");
    assert_ok(snapshot_delete(store, folder, "a", true, &err));
    journal_spoil("{", 1);
    take("b");
    assert_int_equal(damaged_count("{"), 1);
    assert_false(journal_is_there());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_snapshot_to_complete_is_not_deleted),
        CASE(before_anything_was_changed_there_is_nothing_to_complete),
        CASE(a_journal_without_its_snapshot_blocks_nothing),
        CASE(a_damaged_journal_is_told_with_a_way_out),
        CASE(any_restore_completes_one_whose_journal_is_damaged),
        CASE(a_delete_by_force_gives_up_what_the_damaged_journal_was_for),
        CASE(a_damaged_journal_without_any_snapshot_blocks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
