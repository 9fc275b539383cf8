/* USES tests/support */
#include "tests/unit/sandbox/snapshot/world.h"

static void packs_visit(void (*each)(const char *path))
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/snapshots/packs", state);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) /* NOLINT(concurrency-mt-unsafe) */
        if (entry->d_name[0] != '.')
            each(path_join(arena, path, entry->d_name));
    closedir(dir);
}

static void flip(const char *path, off_t at)
{
    CLEANUP(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void first_flip(const char *path)
{
    flip(path, 20);
}

/* In the large file, where there is one. */
static void middle_flip(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    flip(path, st.st_size / 2);
}

static void end_cut(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0);
}

static void damage_is_found_and_changes_nothing(void **unused)
{
    (void)unused;
    struct snapshot taken = take("a").snapshot;
    packs_visit(first_flip);
    struct snapshot_verified verified;
    assert_ok(snapshot_verify(store, &taken, arena, &verified, &err));
    assert_int_equal(verified.fault_count, 2); /* README and its twin */
    assert_non_null(strstr(*LIST_AT(verified.faults, const char *, 0), "README: object "));

    tree_put(folder, &(struct tree_item){ 'f', "README", "changed", 0 });
    tree_put(folder, &(struct tree_item){ 'f', "empty", "changed", 0 });
    const char *before = tree_print(folder, arena);
    struct snapshot_restored restored;
    assert_fails(snapshot_restore(store, &taken, &at_once, arena, &restored, &err), UNTRUSTED);
    assert_string_equal(tree_print(folder, arena), before);

    packs_visit(end_cut);
    assert_ok(snapshot_verify(store, &taken, arena, &verified, &err));
    assert_int_equal(verified.fault_count, 1); /* nothing of it can be found */
    assert_fails(snapshot_restore(store, &taken, &at_once, arena, &restored, &err), UNTRUSTED);
    assert_string_equal(tree_print(folder, arena), before);
}

static size_t packs_damaged(void)
{
    struct list damages;
    assert_ok(snapshot_verify_packs(store, arena, &damages, &err));
    return damages.count;
}

static struct snapshot_pruned prune(void)
{
    struct snapshot_pruned pruned;
    assert_ok(snapshot_prune(store, arena, &pruned, &err));
    return pruned;
}

static void what_a_damaged_pack_had_is_stored_again(void **unused)
{
    (void)unused;
    struct snapshot one = take("one").snapshot;
    packs_visit(end_cut);
    assert_int_equal(packs_damaged(), 1);
    assert_true(faults_of(&one) > 0);

    tree_put(folder, &(struct tree_item){ 'f', "new", "new", 0 });
    struct snapshot two = take("two").snapshot;
    assert_int_equal(faults_of(&two), 0);
    const char *before = tree_print(folder, arena);
    everything_change();
    go_back(&two);
    assert_string_equal(tree_print(folder, arena), before);

    tree_drop(folder, "new");
    assert_string_equal(take("three").snapshot.root, one.root);
    assert_int_equal(faults_of(&one), 0); /* its contents are there again */
}

static void the_same_pack_again_takes_the_place_of_the_damaged(void **unused)
{
    (void)unused;
    struct snapshot one = take("one").snapshot;
    packs_visit(end_cut);
    take("two");
    assert_int_equal(packs_damaged(), 0);
    assert_int_equal(faults_of(&one), 0);
}

static void prune_keeps_everything_that_it_cannot_judge(void **unused)
{
    (void)unused;
    take("one");
    packs_visit(end_cut);
    everything_change();
    struct snapshot two = take("two").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "of a snapshot to delete", 0 });
    take("three");
    assert_ok(snapshot_delete(store, folder, "three", false, &err));

    struct snapshot_pruned pruned = prune();
    assert_int_equal(pruned.packs_after, 3);
    assert_int_equal(pruned.notes.count, 1);
    assert_non_null(strstr(*LIST_AT(pruned.notes, const char *, 0), "snapshot one: object "));
    assert_int_equal(packs_damaged(), 1);
    assert_int_equal(faults_of(&two), 0);

    assert_ok(snapshot_delete(store, folder, "one", false, &err));
    pruned = prune();
    assert_int_equal(pruned.packs_after, 1);
    assert_int_equal(packs_damaged(), 0);
    assert_non_null(strstr(*LIST_AT(pruned.notes, const char *, 0), "; removed, for no snapshot"));
    assert_int_equal(faults_of(&two), 0);
    assert_int_equal(prune().notes.count, 0);
}

static void damaged_object_prune(void (*damage)(const char *path))
{
    struct snapshot one = take("one").snapshot;
    everything_change();
    struct snapshot two = take("two").snapshot;
    packs_visit(damage);
    uint64_t faults = faults_of(&one) + faults_of(&two);
    assert_true(faults > 0);
    for (int again = 0; again < 2; again++) {
        assert_true(prune().notes.count > 0);
        assert_int_equal(faults_of(&one) + faults_of(&two), faults);
    }
    assert_ok(snapshot_delete(store, folder, "one", false, &err));
    assert_ok(snapshot_delete(store, folder, "two", false, &err));
    assert_int_equal(prune().packs_after, 0);
}

static void prune_leaves_a_pack_with_a_damaged_object(void **unused)
{
    (void)unused;
    damaged_object_prune(first_flip);
}

static void prune_leaves_a_pack_with_a_large_damaged_object(void **unused)
{
    (void)unused;
    damaged_object_prune(middle_flip);
}

static uint64_t packs_bytes;

static void bytes_add(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    packs_bytes += (uint64_t)st.st_size;
}

static uint64_t packs_size(void)
{
    packs_bytes = 0;
    packs_visit(bytes_add);
    return packs_bytes;
}

static void prune_says_what_the_disk_has_back(void **unused)
{
    (void)unused;
    take("one");
    everything_change();
    take("two");
    uint64_t before = packs_size(), freed = prune().bytes; /* joined, nothing removed */
    assert_int_equal(before - packs_size(), freed);
    assert_ok(snapshot_delete(store, folder, "one", false, &err));
    before = packs_size();
    freed = prune().bytes;
    assert_int_equal(before - packs_size(), freed);
    assert_true(freed > 3 * MIB);
}

static void prune_keeps_what_is_needed(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    struct snapshot one = take("one").snapshot;
    everything_change();
    struct snapshot two = take("two").snapshot;
    const char *after = tree_print(folder, arena);

    struct snapshot_pruned pruned;
    assert_ok(snapshot_prune(store, arena, &pruned, &err));
    assert_int_equal(pruned.objects, 0);
    assert_int_equal(pruned.packs_before, 2);
    assert_int_equal(pruned.packs_after, 1);
    assert_ok(snapshot_prune(store, arena, &pruned, &err)); /* and then rests */
    assert_int_equal(pruned.packs_after, 1);
    assert_int_equal(pruned.bytes, 0);
    assert_int_equal(faults_of(&one) + faults_of(&two), 0);

    assert_ok(snapshot_delete(store, folder, one.name, false, &err));
    assert_fails(snapshot_delete(store, folder, one.name, false, &err), NOT_FOUND);
    assert_ok(snapshot_prune(store, arena, &pruned, &err));
    assert_true(pruned.bytes > 3 * MIB);
    assert_int_equal(faults_of(&two), 0);
    assert_true(faults_of(&one) > 0);
    go_back(&two);
    assert_string_not_equal(after, before);
    assert_true(take("three").bytes_added == 0);
}

/* Every snapshot that adds something adds a pack. */
static void more_packs_than_descriptors_are_no_obstacle(void **unused)
{
    (void)unused;
    enum { MANY = 70, DESCRIPTORS = 64 };
    struct snapshot taken[MANY];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = { DESCRIPTORS, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < MANY; i++) {
        const char *text = arena_printf(arena, "content %d", i);
        tree_put(folder, &(struct tree_item){ 'f', "README", text, 0 });
        taken[i] = take(arena_printf(arena, "s%d", i)).snapshot;
    }
    go_back(&taken[0]);
    assert_int_equal(faults_of(&taken[0]) + faults_of(&taken[MANY - 1]), 0);
    struct snapshot_pruned pruned = prune();
    assert_int_equal(pruned.packs_before, MANY);
    assert_int_equal(pruned.packs_after, 1);
    go_back(&taken[MANY - 1]);
    assert_int_equal(faults_of(&taken[0]) + faults_of(&taken[MANY - 1]), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* A full disk, as a limit on the size of files. */
static void a_full_disk_leaves_both_whole(void **unused)
{
    (void)unused;
    struct snapshot taken = take("a").snapshot;
    everything_change();
    const char *before = tree_print(folder, arena);
    struct rlimit all, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    tight = all;
    tight.rlim_cur = MIB;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    struct snapshot_result result;
    struct snapshot_restored restored;
    assert_fails(snapshot_create(store, &options, arena, &result, &err), INTERNAL);
    assert_fails(snapshot_restore(store, &taken, &at_once, arena, &restored, &err), INTERNAL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);

    assert_string_equal(tree_print(folder, arena), before);
    assert_int_equal(faults_of(&taken), 0);
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    assert_int_equal(faults_of(&result.snapshot), 0);
}

static void a_newer_store_is_refused(void **unused)
{
    (void)unused;
    struct snapshot_store *other = NULL;
    char path[128];
    CLEANUP(closep) int dir = -1;
    (void)snprintf(path, sizeof(path), "%s/snapshots", state);
    assert_ok(dir_open(path, &dir, &err));
    assert_ok(file_replace(dir, "format", "nono snapshot store 2\n", 22, 0600, &err));
    assert_fails(snapshot_store_open(state, &other, &err), UNSUPPORTED);
    assert_ok(file_replace(dir, "format", "something\n", 10, 0600, &err));
    assert_fails(snapshot_store_open(state, &other, &err), INVALID);
    assert_int_equal(fchmod(dir, 0777), 0);
    assert_fails(snapshot_store_open(state, &other, &err), UNTRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(damage_is_found_and_changes_nothing),
        CASE(what_a_damaged_pack_had_is_stored_again),
        CASE(the_same_pack_again_takes_the_place_of_the_damaged),
        CASE(prune_keeps_everything_that_it_cannot_judge),
        CASE(prune_leaves_a_pack_with_a_damaged_object),
        CASE(prune_leaves_a_pack_with_a_large_damaged_object),
        CASE(prune_says_what_the_disk_has_back),
        CASE(prune_keeps_what_is_needed),
        CASE(more_packs_than_descriptors_are_no_obstacle),
        CASE(a_full_disk_leaves_both_whole),
        CASE(a_newer_store_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
