/* USES tests/support */
#include "sandbox/snapshot/cache.h"
#include "sandbox/snapshot/scan.h"
#include "tests/unit/sandbox/snapshot/world.h"

#define LATER INT64_MAX /* a look so late that nothing was changed in its tick */

/* Looks at the folder; what was known, and when. */
static struct scan look(const struct node *old, int64_t old_taken_ns, struct snapshot_store *into)
{
    static const struct scope everything;
    CLEANUP(closep) int fd = -1;
    assert_ok(dir_open(folder, &fd, &err));
    struct scan scan = { .arena = arena,
                         .scope = &everything,
                         .store = into,
                         .old = old,
                         .old_taken_ns = old_taken_ns };
    assert_ok(scan_run(&scan, fd, &err));
    return scan;
}

static void an_unchanged_file_is_not_read_again(void **unused)
{
    (void)unused;
    struct scan first = look(NULL, 0, NULL);
    assert_int_equal(first.files_read, 11); /* nine files, two links */
    assert_int_equal(look(&first.root, LATER, NULL).files_read, 0);

    tree_put(folder, &(struct tree_item){ 'f', "src/new", "new", 0 });
    tree_drop(folder, "old");
    struct scan second = look(&first.root, LATER, NULL);
    assert_int_equal(second.files_read, 1);
    assert_memory_not_equal(second.root.digest, first.root.digest, SHA256_BYTES);
}

/* The same size and the same time of modification: the time of change tells. */
static void a_file_made_to_look_unchanged_is_read(void **unused)
{
    (void)unused;
    struct scan first = look(NULL, 0, NULL);
    tree_put(folder, &(struct tree_item){ 'f', "README", "READ ME\n", 0 });
    struct scan second = look(&first.root, LATER, NULL);
    assert_int_equal(second.files_read, 1);
    assert_memory_not_equal(second.root.digest, first.root.digest, SHA256_BYTES);
}

static void a_file_changed_in_the_tick_of_the_look_is_not_trusted(void **unused)
{
    (void)unused;
    struct scan first = look(NULL, 0, NULL);
    /* everything was made a moment before the first look */
    assert_int_equal(look(&first.root, first.taken_ns, NULL).files_read, 11);
}

static void a_known_file_that_the_store_lacks_is_read(void **unused)
{
    (void)unused;
    struct scan first = look(NULL, 0, NULL);
    assert_ok(snapshot_store_begin(store, STORE_SHARED, &err));
    assert_int_equal(look(&first.root, LATER, store).files_read, 10); /* the twin is there then */
    assert_int_equal(look(&first.root, LATER, store).files_read, 0);  /* and now all are */
    snapshot_store_end(store);
}

/* A program can make a file that takes hours to read, and a few bytes of the disk. */
static void what_differs_anyway_is_not_read(void **unused)
{
    (void)unused;
    static const struct scope everything;
    struct scan first = look(NULL, 0, NULL);
    tree_put(folder, &(struct tree_item){ 'f', "README", "another size", 0 });
    tree_put(folder, &(struct tree_item){ 'f', "twin", "read ME\n", 0600 });
    tree_put(folder, &(struct tree_item){ 'f', "new", "new", 0 });
    CLEANUP(closep) int fd = -1;
    assert_ok(dir_open(folder, &fd, &err));
    struct scan scan = { .arena = arena,
                         .scope = &everything,
                         .old = &first.root,
                         .old_taken_ns = LATER,
                         .want = &first.root };
    assert_ok(scan_run(&scan, fd, &err));
    assert_int_equal(scan.files_read, 1); /* the twin, whose size alone is the same */
    /* and no later look takes what it did not read for known */
    assert_int_equal(look(&scan.root, LATER, NULL).files_read, 2);
}

static void the_look_is_remembered_and_disposable(void **unused)
{
    (void)unused;
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(base, &dir, &err));
    struct scan first = look(NULL, 0, NULL);
    struct cache cache;
    cache_read(dir, arena, &cache);
    assert_null(cache.root);
    cache_write(dir, &first.root, first.taken_ns);
    cache_read(dir, arena, &cache);
    assert_int_equal(cache.taken_ns, first.taken_ns);
    assert_int_equal(look(cache.root, LATER, NULL).files_read, 0);

    const char *text;
    size_t len;
    assert_ok(file_read_beneath(dir, "stat", MIB, arena, &text, &len, &err));
    for (size_t cut = 0; cut < len; cut += 7) {
        struct cache none;
        assert_false(cache_decode(text, cut, arena, &none));
    }
    assert_ok(file_replace(dir, "stat", text, len / 2, 0600, &err));
    cache_read(dir, arena, &cache);
    assert_null(cache.root);
}

static void depth_is_bounded(void **unused)
{
    (void)unused;
    CLEANUP(closep) int at = -1;
    assert_ok(dir_open(folder, &at, &err));
    for (int i = 0; i <= LIMIT_SNAPSHOT_DEPTH; i++) {
        int next = -1;
        assert_int_equal(mkdirat(at, "d", 0755), 0);
        assert_ok(file_open_same_mount(at, "d", O_RDONLY | O_DIRECTORY, 0, &next, &err));
        close(at);
        at = next;
    }
    const struct snapshot_options options = { .folder = folder, .name = "deep" };
    struct snapshot_result result;
    assert_fails(snapshot_create(store, &options, arena, &result, &err), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_unchanged_file_is_not_read_again),
        CASE(a_file_made_to_look_unchanged_is_read),
        CASE(a_file_changed_in_the_tick_of_the_look_is_not_trusted),
        CASE(a_known_file_that_the_store_lacks_is_read),
        CASE(what_differs_anyway_is_not_read),
        CASE(the_look_is_remembered_and_disposable),
        CASE(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
