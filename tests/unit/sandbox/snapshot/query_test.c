/* USES tests/support */
#include "sandbox/snapshot/record.h"
#include "tests/unit/sandbox/snapshot/world.h"

static void record_replace(const char *file, const char *text)
{
    CLEANUP(closep) int dir = -1;
    assert_ok(record_folder_open(store, folder, false, &dir, &err));
    assert_ok(file_replace(dir, file, text, strlen(text), 0600, &err));
}

static void a_record_that_cannot_be_read_hides_no_other(void **unused)
{
    (void)unused;
    struct list list, unreadable;
    struct snapshot found;
    take("a");
    assert_ok(snapshot_list(store, folder, arena, &list, &unreadable, &err));
    assert_int_equal(unreadable.count, 0);
    record_replace("b.json", "{");
    record_replace("c.json", "{\"format\":2}");
    record_replace("no name.json", "{");
    assert_ok(snapshot_list(store, NULL, arena, &list, &unreadable, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(unreadable.count, 2);
    for (size_t i = 0; i < unreadable.count; i++) {
        const struct snapshot_unreadable *at = LIST_AT(unreadable, struct snapshot_unreadable, i);
        bool newer = strcmp(at->name, "c") == 0;
        assert_string_equal(at->folder, folder);
        assert_int_equal(at->fault.kind, newer ? ERROR_UNSUPPORTED : ERROR_UNTRUSTED);
        assert_int_equal(at->fault.hint[0] != '\0',
                         !newer); /* what is newer is not to be deleted */
    }
    struct error fault;
    assert_false(snapshot_list(store, folder, arena, &list, NULL, &fault));
    assert_false(snapshot_find(store, folder, NULL, arena, &found, &fault));
    assert_ok(snapshot_find(store, folder, "a", arena, &found, &err));
    assert_fails(snapshot_find(store, folder, "b", arena, &found, &err), UNTRUSTED);
    assert_fails(snapshot_find(store, folder, "x", arena, &found, &err), NOT_FOUND);
}

static void one_that_cannot_be_read_can_be_deleted(void **unused)
{
    (void)unused;
    struct snapshot taken = take("a").snapshot;
    struct snapshot_pruned pruned;
    record_replace("b.json", "");
    everything_change();
    take("c");
    assert_ok(snapshot_delete(store, folder, "c", false, &err));
    assert_ok(snapshot_prune(store, arena, &pruned, &err)); /* what was of c may be of b */
    assert_int_equal(pruned.packs_after, 2);
    assert_int_equal(pruned.notes.count, 1);
    assert_ok(snapshot_delete(store, folder, "b", false, &err));
    assert_ok(snapshot_prune(store, arena, &pruned, &err));
    assert_int_equal(pruned.packs_after, 1);
    assert_int_equal(pruned.notes.count, 0);
    assert_int_equal(faults_of(&taken), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_record_that_cannot_be_read_hides_no_other),
        CASE(one_that_cannot_be_read_can_be_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
