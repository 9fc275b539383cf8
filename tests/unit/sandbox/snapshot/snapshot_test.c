/* USES tests/support */
#include <sys/file.h>

#include "sandbox/policy/placeholder.h"
#include "tests/unit/sandbox/snapshot/world.h"

static void restore_brings_everything_back(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    struct snapshot_result taken = take("pre-refactor");
    assert_true(taken.made);
    assert_int_equal(taken.snapshot.files, 9);
    assert_int_equal(taken.snapshot.folders, 5);
    assert_int_equal(taken.snapshot.links, 2);
    assert_string_equal(tree_print(folder, arena), before);

    everything_change();
    assert_string_not_equal(tree_print(folder, arena), before);
    struct snapshot_restored restored = go_back(&taken.snapshot);
    assert_string_equal(tree_print(folder, arena), before);
    assert_true(restored.written > 8 && restored.removed > 4);
    assert_int_equal(restored.notes.count, 0);

    restored = go_back(&taken.snapshot); /* and then there is nothing to do */
    assert_int_equal(restored.written + restored.removed + restored.touched, 0);
    assert_int_equal(faults_of(&taken.snapshot), 0);
}

static void the_root_is_of_contents_and_permissions_not_times(void **unused)
{
    (void)unused;
    struct snapshot one = take("one").snapshot;
    const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/README", folder);
    assert_int_equal(utimensat(AT_FDCWD, path, now, 0), 0);
    struct snapshot two = take("two").snapshot;
    assert_string_equal(one.root, two.root);
    assert_string_not_equal(one.tree, two.tree); /* times are kept all the same */
    assert_int_equal(chmod(path, 0640), 0);
    assert_string_not_equal(take("three").snapshot.root, one.root);
    assert_int_equal(chmod(path, 04644), 0); /* setuid is not held */
    assert_string_equal(take("four").snapshot.root, one.root);
}

static void contents_are_stored_once(void **unused)
{
    (void)unused;
    struct snapshot_result one = take("one"), two = take("two");
    assert_true(one.bytes_added > 3 * MIB);
    assert_int_equal(two.bytes_added, 0);
    assert_string_equal(one.snapshot.root, two.snapshot.root);
    large_put('x'); /* written again, the same */
    assert_int_equal(take("three").snapshot.files, 9);
    tree_put(folder, &(struct tree_item){ 'f', "src/new", "more", 0 });
    struct snapshot_result four = take("four");
    assert_true(four.bytes_added > 4 && four.bytes_added < 4096);
}

static void names_are_unique_and_may_be_kept(void **unused)
{
    (void)unused;
    struct snapshot_options options = { .folder = folder, .name = "a", .tag = "baseline" };
    struct snapshot_result result;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    assert_fails(snapshot_create(store, &options, arena, &result, &err), CONFLICT);
    tree_put(folder, &(struct tree_item){ 'f', "more", "more", 0 });
    options.keep = true;
    const char *root = result.snapshot.root;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    assert_false(result.made);
    assert_string_equal(result.snapshot.root, root);
    assert_string_equal(result.snapshot.tag, "baseline");

    static const char *const bad[] = { "", ".", "..", "-a", ".a", "a/b", "a b", "\xc3\xa4" };
    options.keep = false;
    for (size_t i = 0; i < COUNT(bad); i++) {
        options.name = bad[i];
        assert_fails(snapshot_create(store, &options, arena, &result, &err), INVALID);
    }
    options.name = "b";
    options.tag = "a\nb";
    assert_fails(snapshot_create(store, &options, arena, &result, &err), INVALID);
    options.tag = NULL;
    options.folder = "/nowhere/at/all";
    assert_fails(snapshot_create(store, &options, arena, &result, &err), NOT_FOUND);
}

static void snapshots_are_found_from_within_and_by_time(void **unused)
{
    (void)unused;
    struct snapshot found;
    char inner[128];
    (void)snprintf(inner, sizeof(inner), "%s/src/deep", folder);
    assert_fails(snapshot_find(store, folder, NULL, arena, &found, &err), NOT_FOUND);
    (void)take("first");
    (void)take("second");
    assert_ok(snapshot_find(store, inner, "first", arena, &found, &err));
    assert_string_equal(found.folder, folder);
    assert_ok(snapshot_find(store, inner, NULL, arena, &found, &err));
    assert_string_equal(found.name, "second");
    assert_fails(snapshot_find(store, base, "first", arena, &found, &err), NOT_FOUND);
    struct error advice;
    assert_false(snapshot_find(store, folder, "secund", arena, &found, &advice));
    assert_string_equal(advice.hint, "did you mean second?");

    struct list list;
    assert_ok(snapshot_list(store, folder, arena, &list, NULL, &err));
    assert_int_equal(list.count, 2);
    assert_string_equal(LIST_AT(list, struct snapshot, 0)->name, "first");
    assert_ok(snapshot_list(store, base, arena, &list, NULL, &err));
    assert_int_equal(list.count, 0);
    assert_ok(snapshot_list(store, NULL, arena, &list, NULL, &err));
    assert_int_equal(list.count, 2);
}

/* "A path", "M path" ... for each change. */
static bool change_join(const struct snapshot_change *change, void *context, struct error *err)
{
    (void)err;
    const char **text = context;
    *text = arena_printf(arena, "%s%c %s\n", *text, "ADMTF"[change->kind], change -> path);
    return true;
}

static void diff_names_each_change_once(void **unused)
{
    (void)unused;
    struct snapshot before = take("before").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "changed", 0 });
    tree_drop(folder, "old/1");
    tree_put(folder, &(struct tree_item){ 'd', "fresh", NULL, 0 });
    tree_put(folder, &(struct tree_item){ 'f', "fresh/f", "", 0 });
    tree_put(folder, &(struct tree_item){ 'f', "empty", "", 0600 });
    tree_drop(folder, "link");
    tree_put(folder, &(struct tree_item){ 'f', "link", "", 0 });

    static const char expected[] =
        "M README\nF empty\nA fresh\nA fresh/f\nT link\nF old\nD old/1\n";
    const char *live = "", *stored = "";
    const struct snapshot_visitor visitor = { change_join, &live },
                                  other = { change_join, &stored };
    assert_ok(snapshot_diff(store, &before, NULL, NULL, &visitor, &err));
    assert_string_equal(live, expected);
    struct snapshot after = take("after").snapshot;
    assert_ok(snapshot_diff(store, &before, &after, NULL, &other, &err));
    assert_string_equal(stored, expected);
}

static void a_dry_run_tells_and_changes_nothing(void **unused)
{
    (void)unused;
    struct snapshot taken = take("a").snapshot;
    everything_change();
    const char *before = tree_print(folder, arena), *told = "";
    const struct snapshot_visitor visitor = { change_join, &told };
    struct snapshot_restored restored;
    const struct snapshot_restoring dry = { .visitor = &visitor, .dry_run = true };
    assert_ok(snapshot_restore(store, &taken, &dry, arena, &restored, &err));
    assert_string_equal(tree_print(folder, arena), before);
    assert_non_null(strstr(told, "M README\n"));
    assert_non_null(strstr(told, "D new\n"));
    assert_non_null(strstr(told, "T old\nA old/1\nA old/2\n"));
}

static void what_is_left_out_is_left_alone(void **unused)
{
    (void)unused;
    static const char *const exclude[] = { "node_modules", "src/deep/**", NULL };
    char own[128], below[160];
    (void)snprintf(own, sizeof(own), "%s/.state", folder);
    (void)snprintf(below, sizeof(below), "%s/.state/later", folder);
    const char *const never[] = { own, "/nowhere", NULL };
    const struct snapshot_options options = {
        .folder = folder, .name = "a", .exclude = exclude, .never = never
    };
    struct snapshot_result result;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    assert_int_equal(result.snapshot.files, 8);

    static const struct tree_item added[] = {
        { 'd', ".state", NULL, 0 },
        { 'f', ".state/secret", "s", 0 },
        { 'd', "app", NULL, 0 },
        { 'd', "app/node_modules", NULL, 0 },
        { 'f', "app/node_modules/m", "m", 0 },
        { 'f', "app/index", "i", 0 },
        { 'f', "src/deep/er/g", "g", 0 },
    };
    tree_make(folder, added, COUNT(added));
    struct snapshot_restored restored;
    const struct snapshot_restoring careful = { .never = never };
    assert_ok(snapshot_restore(store, &result.snapshot, &careful, arena, &restored, &err));
    const char *after = tree_print(folder, arena);
    assert_non_null(strstr(after, "/.state/secret"));
    assert_non_null(strstr(after, "/app/node_modules/m"));
    assert_non_null(strstr(after, "/src/deep/er/g"));
    assert_null(strstr(after, "/app/index"));
    assert_int_equal(restored.notes.count, 1);

    const struct snapshot_options inside = { .folder = own, .name = "a", .never = never };
    assert_fails(snapshot_create(store, &inside, arena, &result, &err), INVALID);
    static const char *const useless[] = { "/abs", "a/", "", "./a", "../a", "a//b" };
    for (size_t i = 0; i < COUNT(useless); i++) {
        const char *const one[] = { useless[i], NULL };
        const struct snapshot_options bad = { .folder = folder, .name = "b", .exclude = one };
        assert_fails(snapshot_create(store, &bad, arena, &result, &err), INVALID);
    }
}

/* Permissions and times alone: contents are not written again. */
static void facts_come_back_without_contents(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
    static const char *const touched[] = { "README", "link", "src", "src/none" };
    for (size_t i = 0; i < COUNT(touched); i++) {
        const char *path = path_join(arena, folder, touched[i]);
        assert_int_equal(utimensat(AT_FDCWD, path, now, AT_SYMLINK_NOFOLLOW), 0);
    }
    assert_int_equal(chmod(path_join(arena, folder, "src/run.sh"), 0600), 0);
    assert_int_equal(chmod(path_join(arena, folder, "src/none"), 02777), 0);
    struct snapshot_restored restored = go_back(&taken);
    assert_int_equal(restored.written + restored.removed, 0);
    assert_int_equal(restored.touched, 5);
    struct stat st;
    assert_int_equal(stat(path_join(arena, folder, "src/none"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 02700); /* how a folder hands on its group is its own */
    assert_int_equal(chmod(path_join(arena, folder, "src/none"), 0700), 0);
    assert_string_equal(tree_print(folder, arena), before);
}

/* A folder that holds what is left alone cannot become a file. */
static void a_folder_with_something_left_alone_stays(void **unused)
{
    (void)unused;
    static const char *const exclude[] = { "node_modules", NULL };
    const struct snapshot_options options = { .folder = folder, .name = "a", .exclude = exclude };
    struct snapshot_result result;
    assert_ok(snapshot_create(store, &options, arena, &result, &err));
    tree_drop(folder, "README");
    static const struct tree_item items_in_the_way[] = {
        { 'd', "README", NULL, 0 },
        { 'f', "README/f", "f", 0 },
        { 'd', "README/node_modules", NULL, 0 },
        { 'f', "README/node_modules/m", "m", 0 },
    };
    tree_make(folder, items_in_the_way, COUNT(items_in_the_way));
    struct snapshot_restored restored = go_back(&result.snapshot);
    assert_int_equal(restored.notes.count, 1);
    const char *after = tree_print(folder, arena);
    assert_non_null(strstr(after, "/README/node_modules/m"));
    assert_null(strstr(after, "/README/f"));
}

static void special_files_are_named_and_left(void **unused)
{
    (void)unused;
    tree_put(folder, &(struct tree_item){ 'p', "pipe", NULL, 0 });
    struct snapshot_result result = take("a");
    assert_int_equal(result.snapshot.left_out, 1);
    assert_int_equal(result.notes.count, 1);
    go_back(&result.snapshot);
    struct stat st;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(go_back(&result.snapshot).notes.count, 1); /* not made anew */
}

/* A folder that the program swapped for a link leads nowhere. */
static void links_in_the_way_are_replaced_not_followed(void **unused)
{
    (void)unused;
    char outside[128];
    (void)snprintf(outside, sizeof(outside), "%s/outside", base);
    assert_int_equal(mkdir(outside, 0755), 0);
    tree_put(outside, &(struct tree_item){ 'f', "precious", "mine", 0 });
    const char *before = tree_print(folder, arena), *aside = tree_print(outside, arena);
    struct snapshot taken = take("a").snapshot;

    tree_drop(folder, "src");
    tree_drop(folder, "old");
    tree_put(folder, &(struct tree_item){ 'l', "src", outside, 0 });
    tree_put(folder, &(struct tree_item){ 'l', "old", "../outside", 0 });
    assert_int_equal(take("swapped").snapshot.links, 4);
    go_back(&taken);
    assert_string_equal(tree_print(folder, arena), before);
    assert_string_equal(tree_print(outside, arena), aside);
}

/* What a run puts at a denied path, and its lock; -1 for one that a killed run left. */
static int placeholder_put(const char *name, bool held)
{
    tree_put(folder, &(struct tree_item){ 'f', name, "", PLACEHOLDER_MODE });
    if (!held)
        return -1;
    int fd = open(path_join(arena, folder, name), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    return fd;
}

static bool is_linked(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_nlink > 0;
}

static void a_placeholder_is_no_part_of_a_snapshot(void **unused)
{
    (void)unused;
    CLEANUP(closep) int lock = placeholder_put(".env", true);
    (void)placeholder_put("src/.env", false);
    struct snapshot_result taken = take("a");
    assert_true(is_linked(lock));
    assert_int_equal(taken.snapshot.files, 9);
    tree_drop(folder, ".env");
    tree_drop(folder, "src/.env");
    go_back(&taken.snapshot);
    assert_null(strstr(tree_print(folder, arena), ".env"));
}

/* Its run would be left without the ground that the deny stands on. */
static void a_restore_leaves_a_run_its_placeholders(void **unused)
{
    (void)unused;
    tree_put(folder, &(struct tree_item){ 'f', "src/.env", "mine", 0 });
    const char *before = tree_print(folder, arena), *told = "";
    struct snapshot taken = take("a").snapshot;
    tree_drop(folder, "src/.env");
    tree_put(folder, &(struct tree_item){ 'd', "made", NULL, 0 });
    CLEANUP(closep) int one = placeholder_put("src/.env", true);
    CLEANUP(closep) int two = placeholder_put(".env", true);
    CLEANUP(closep) int three = placeholder_put("made/.env", true);
    const struct snapshot_visitor visitor = { change_join, &told };
    assert_ok(snapshot_diff(store, &taken, NULL, NULL, &visitor, &err));
    assert_string_equal(told, "A made\nF src\nD src/.env\n");
    struct snapshot_restored restored = go_back(&taken);
    assert_int_equal(restored.notes.count, 2); /* the file that is denied, the folder around one */
    assert_int_equal(restored.removed + restored.written, 0);
    assert_true(is_linked(one) && is_linked(two) && is_linked(three));

    closep(&one);
    closep(&two);
    closep(&three);
    assert_int_equal(go_back(&taken).notes.count, 0); /* what no run stands on is in the way */
    assert_string_equal(tree_print(folder, arena), before);
}

/* A folder on another file system than the store; false, and said, when there is none here. */
static bool folder_elsewhere(char out[64])
{
    struct stat here, there;
    (void)snprintf(out, 64, "/dev/shm/nono-snapshot-XXXXXX");
    assert_int_equal(stat(state, &here), 0);
    if (stat("/dev/shm", &there) == 0 && here.st_dev != there.st_dev && mkdtemp(out))
        return true;
    print_message("no second file system here: copies between two were not tried\n");
    return false;
}

/* The kernel copies between some file systems only: the others are no reason to leave a file out.
 */
static void a_large_file_of_another_file_system_is_held(void **unused)
{
    (void)unused;
    char elsewhere[64];
    if (!folder_elsewhere(elsewhere))
        skip();
    (void)snprintf(folder, sizeof(folder), "%s", elsewhere);
    tree_make(folder, items, COUNT(items));
    large_put('x');
    const char *before = tree_print(folder, arena);
    struct snapshot_result taken = take("a");
    assert_int_equal(taken.snapshot.files, 9);
    assert_int_equal(taken.snapshot.left_out + taken.notes.count, 0);
    assert_int_equal(faults_of(&taken.snapshot), 0);
    tree_drop(folder, "large");
    assert_int_equal(go_back(&taken.snapshot).written, 1);
    assert_string_equal(tree_print(folder, arena), before);
    assert_ok(tree_remove(AT_FDCWD, elsewhere, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(restore_brings_everything_back),
        CASE(the_root_is_of_contents_and_permissions_not_times),
        CASE(contents_are_stored_once),
        CASE(names_are_unique_and_may_be_kept),
        CASE(snapshots_are_found_from_within_and_by_time),
        CASE(diff_names_each_change_once),
        CASE(a_dry_run_tells_and_changes_nothing),
        CASE(what_is_left_out_is_left_alone),
        CASE(facts_come_back_without_contents),
        CASE(a_folder_with_something_left_alone_stays),
        CASE(special_files_are_named_and_left),
        CASE(links_in_the_way_are_replaced_not_followed),
        CASE(a_placeholder_is_no_part_of_a_snapshot),
        CASE(a_restore_leaves_a_run_its_placeholders),
        CASE(a_large_file_of_another_file_system_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
