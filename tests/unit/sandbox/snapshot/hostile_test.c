/* USES tests/support */
#include "tests/unit/sandbox/snapshot/world.h"

/*
 * What a program may do in the folder so that a restore refuses. As nobody when root runs the
 * tests: root may read everything.
 */

static int nobody_become(void **unused)
{
    (void)unused;
    return geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0) ? -1 : 0;
}

static int nobody_leave(void **unused)
{
    (void)unused;
    return getuid() == 0 && (seteuid(0) != 0 || setegid(0) != 0) ? -1 : 0;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(lstat(path_join(arena, folder, name), &st), 0);
    return st.st_mode & 07777;
}

static void mode_set(const char *name, unsigned mode)
{
    assert_int_equal(chmod(path_join(arena, folder, name), mode), 0);
}

static bool change_join(const struct snapshot_change *change, void *context, struct error *err)
{
    (void)err;
    const char **text = context;
    *text = arena_printf(arena, "%s%c %s\n", *text, "ADMTF"[change->kind], change -> path);
    return true;
}

static const char *changes_since(const struct snapshot *snapshot)
{
    const char *told = "";
    const struct snapshot_visitor visitor = { change_join, &told };
    assert_ok(snapshot_diff(store, snapshot, NULL, NULL, &visitor, &err));
    return told;
}

static void closed_files_and_folders_come_back(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "new", "new", 0000 });
    mode_set("new", 0);
    tree_put(folder, &(struct tree_item){ 'd', "nd", NULL, 0 });
    tree_put(folder, &(struct tree_item){ 'd', "nd/in", NULL, 0 });
    tree_put(folder, &(struct tree_item){ 'f', "nd/in/f", "f", 0 });
    mode_set("README", 0);
    mode_set("src/deep/er", 0);
    mode_set("src/deep", 0);
    mode_set("old", 0600);
    mode_set("nd/in", 0);
    mode_set("nd", 0);

    struct snapshot_result result;
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    assert_fails(snapshot_create(store, &options, arena, &result, &err), DENIED);

    assert_string_equal(changes_since(&taken),
                        "M README\nA nd\nA nd/in\nA nd/in/f\nA new\nF old\nF src/deep\n"
                        "F src/deep/er\n");
    assert_int_equal(mode_of("nd"), 0); /* opened up to be looked at, and closed again */
    assert_int_equal(mode_of("old"), 0600);
    assert_int_equal(mode_of("src/deep"), 0);

    struct snapshot_restored restored = go_back(&taken);
    assert_int_equal(restored.removed, 4);
    assert_string_equal(tree_print(folder, arena), before);
    assert_int_equal(faults_of(&taken), 0);
}

static void the_folder_itself_may_be_closed(void **unused)
{
    (void)unused;
    static const unsigned modes[] = { 0, 0555, 0755 };
    struct snapshot taken = take("a").snapshot;
    const char *before = tree_print(folder, arena);
    for (size_t i = 0; i < COUNT(modes); i++) {
        const struct snapshot_restoring dry = { .dry_run = true };
        struct snapshot_restored restored;
        struct stat st;
        everything_change();
        assert_int_equal(chmod(folder, modes[i]), 0);
        assert_non_null(strstr(changes_since(&taken), "M README\n"));
        assert_ok(snapshot_restore(store, &taken, &dry, arena, &restored, &err));
        assert_int_equal(stat(folder, &st), 0);
        assert_int_equal(st.st_mode & 07777, modes[i]); /* opened up, and closed again */
        restored = go_back(&taken);
        assert_int_equal(stat(folder, &st), 0);
        assert_int_equal(st.st_mode & 07777, modes[i]);
        assert_int_equal(restored.notes.count, modes[i] == 0755 ? 0 : 1);
        assert_int_equal(chmod(folder, 0755), 0);
        assert_string_equal(tree_print(folder, arena), before);
    }
}

/* Whoever has a lease of a file keeps others from opening it, for as long as they wait. */
static void a_lease_holds_nothing_up(void **unused)
{
    (void)unused;
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "of 8 b.\n", 0 });
    CLEANUP(closep) int holder = open(path_join(arena, folder, "README"), O_RDWR | O_CLOEXEC);
    (void)signal(SIGIO, SIG_IGN);
    assert_int_equal(fcntl(holder, F_SETLEASE, F_WRLCK), 0);

    struct snapshot_result result;
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    struct error err;
    assert_false(snapshot_create(store, &options, arena, &result, &err));
    assert_non_null(strstr(err.message, "README"));
    assert_non_null(strstr(err.hint, "lease"));
    assert_string_equal(changes_since(&taken), "M README\n");
    assert_int_equal(go_back(&taken).written, 1);
    assert_string_equal(tree_print(folder, arena), before);
    assert_int_equal(fcntl(holder, F_GETLEASE), F_RDLCK); /* it was asked for, and not waited for */
    take("b");
}

/* What root does in the folder of nobody. */
static void root_put(const struct tree_item *item)
{
    assert_int_equal(nobody_leave(NULL), 0);
    tree_put(folder, item);
    assert_int_equal(nobody_become(NULL), 0);
}

static void root_mode_set(const char *name, unsigned mode)
{
    assert_int_equal(nobody_leave(NULL), 0);
    mode_set(name, mode);
    assert_int_equal(nobody_become(NULL), 0);
}

static void a_file_of_another_owner_is_replaced(void **unused)
{
    (void)unused;
    if (getuid() != 0)
        skip();
    root_put(&(struct tree_item){ 'f', "theirs", "of root", 0644 });
    root_put(&(struct tree_item){ 'l', "link-theirs", "README", 0 });
    root_put(&(struct tree_item){ 'd', "shared", NULL, 0777 });
    root_put(&(struct tree_item){ 'f', "shared/f", "of root", 0644 });
    root_put(&(struct tree_item){ 'd', "shared", NULL, 0777 }); /* the time of before the file */
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "changed", 0 });
    root_mode_set("theirs", 0755);
    root_mode_set("shared/f", 0755);
    root_put(&(struct tree_item){ 'l', "link-theirs", "elsewhere", 0 });
    struct snapshot_restored restored = go_back(&taken);
    assert_int_equal(restored.written, 4);
    assert_int_equal(restored.notes.count, 1); /* the folder's time, which is not ours to set */
    root_put(&(struct tree_item){ 'd', "shared", NULL, 0777 });
    assert_string_equal(tree_print(folder, arena), before);
    assert_int_equal(faults_of(&taken), 0);
}

static void a_folder_of_another_owner_fails_before_anything_is_changed(void **unused)
{
    (void)unused;
    static const unsigned modes[] = { 0755, 01777 };
    struct snapshot_restored restored;
    if (getuid() != 0)
        skip();
    root_put(&(struct tree_item){ 'd', "closed", NULL, 0 });
    root_put(&(struct tree_item){ 'f', "closed/f", "of root", 0644 });
    struct snapshot taken = take("a").snapshot;
    tree_put(folder, &(struct tree_item){ 'f', "README", "changed", 0 });
    root_put(&(struct tree_item){ 'f', "closed/f", "changed", 0644 });
    for (size_t i = 0; i < COUNT(modes); i++) {
        root_mode_set("closed", modes[i]);
        const char *before = tree_print(folder, arena);
        assert_fails(snapshot_restore(store, &taken, &at_once, arena, &restored, &err), DENIED);
        assert_string_equal(tree_print(folder, arena), before);
    }
    root_mode_set("closed", 0777);
    assert_int_equal(go_back(&taken).written, 2);
}

/* Makes folders in each other below the folder, and a file in the deepest. */
static void nest(const char *first, const char *name, int count)
{
    CLEANUP(closep) int at = open(path_join(arena, folder, first), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < count; i++) {
        assert_int_equal(mkdirat(at, name, 0755), 0);
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    CLEANUP(closep) int fd = openat(at, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
}

static void what_is_nested_beyond_the_limits_is_removed(void **unused)
{
    (void)unused;
    char name[NAME_MAX + 1];
    memset(name, 'x', NAME_MAX);
    name[NAME_MAX] = '\0';
    const char *before = tree_print(folder, arena);
    struct snapshot taken = take("a").snapshot;
    nest(".", "n", LIMIT_SNAPSHOT_DEPTH + 1200);
    nest("src/none", name, LIMIT_SNAPSHOT_PATH_BYTES / NAME_MAX + 20);
    struct snapshot_result result;
    const struct snapshot_options options = { .folder = folder, .name = "b" };
    assert_fails(snapshot_create(store, &options, arena, &result, &err), TOO_LARGE);
    go_back(&taken);
    assert_string_equal(tree_print(folder, arena), before);
}

/* A file as deep as a snapshot has one has become a folder. */
static void a_folder_beyond_the_limit_makes_way_for_a_file(void **unused)
{
    (void)unused;
    nest(".", "n", LIMIT_SNAPSHOT_DEPTH);
    const char *before = tree_print(folder, arena);
    const size_t len = (size_t)2 * LIMIT_SNAPSHOT_DEPTH;
    char deep[2 * LIMIT_SNAPSHOT_DEPTH + 2] = "";
    for (size_t i = 0; i < len; i += 2)
        memcpy(deep + i, "n/", 3);
    struct snapshot taken = take("a").snapshot;
    memcpy(deep + len, "f", 2);
    tree_drop(folder, deep);
    tree_put(folder, &(struct tree_item){ 'd', deep, NULL, 0 });
    nest(deep, "n", 3);
    assert_int_equal(go_back(&taken).written, 1);
    assert_string_equal(tree_print(folder, arena), before);
}

/* Whoever may write in a folder above may put a link in its place, between finding and opening. */
static void a_link_above_the_folder_is_not_gone_through(void **unused)
{
    (void)unused;
    static const struct tree_item around[] = {
        { 'd', "above", NULL, 0 },      { 'd', "above/in", NULL, 0 },
        { 'f', "above/in/f", "f", 0 },  { 'd', "outside", NULL, 0 },
        { 'd', "outside/in", NULL, 0 }, { 'f', "outside/in/thesis", "of years", 0 },
    };
    tree_make(folder, around, COUNT(around));
    const char *above = path_join(arena, folder, "above"), *aside = path_join(arena, folder, "as");
    const char *in = path_join(arena, above, "in"), *before = tree_print(in, arena);
    const struct snapshot_options options = { .folder = in, .name = "a" };
    const struct snapshot_restoring dry = { .dry_run = true };
    struct snapshot_result taken;
    struct snapshot_restored restored;
    assert_ok(snapshot_create(store, &options, arena, &taken, &err));
    tree_put(folder, &(struct tree_item){ 'f', "above/in/f", "changed", 0 });
    assert_int_equal(rename(above, aside), 0);
    assert_int_equal(symlink("outside", above), 0);
    const char *swapped = tree_print(folder, arena);
    const struct snapshot *a = &taken.snapshot;
    assert_fails(snapshot_diff(store, a, NULL, NULL, NULL, &err), CONFLICT);
    assert_fails(snapshot_restore(store, a, &dry, arena, &restored, &err), CONFLICT);
    assert_fails(snapshot_restore(store, a, &at_once, arena, &restored, &err), CONFLICT);
    assert_string_equal(tree_print(folder, arena), swapped);

    assert_int_equal(unlink(above), 0);
    assert_int_equal(rename(aside, above), 0);
    assert_ok(snapshot_diff(store, a, NULL, NULL, NULL, &err));
    assert_ok(snapshot_restore(store, a, &at_once, arena, &restored, &err));
    assert_string_equal(tree_print(in, arena), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(closed_files_and_folders_come_back),
        CASE(the_folder_itself_may_be_closed),
        CASE(a_file_of_another_owner_is_replaced),
        CASE(a_folder_of_another_owner_fails_before_anything_is_changed),
        CASE(a_lease_holds_nothing_up),
        CASE(what_is_nested_beyond_the_limits_is_removed),
        CASE(a_folder_beyond_the_limit_makes_way_for_a_file),
        CASE(a_link_above_the_folder_is_not_gone_through),
    };
    return cmocka_run_group_tests(tests, nobody_become, nobody_leave);
}
