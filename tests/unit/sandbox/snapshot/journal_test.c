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

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_snapshot_to_complete_is_not_deleted),
        CASE(before_anything_was_changed_there_is_nothing_to_complete),
        CASE(a_journal_without_its_snapshot_blocks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
