/* Paths are found as the kernel finds them, whichever way they take. */
#include "tests/support/test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/record.h"
#include "sandbox/linux/paths.h"
#include "sandbox/linux/plain.h"

static char root[PATH_MAX];
static struct arena *arena;
static struct error err;

/* clang-format off */
static const struct { const char *name, *target; } links[] = {
    { "to-folder", "folder" },          { "folder/up", "../other" },     { "folder/file-link", "file" },
    { "one", "two" },                   { "two", "folder/three" },       { "folder/three", "../other/file" },
    { "dots", "./folder/../other" },    { "round", "round" },            { "nowhere", "missing/below" },
    { "chain1", "chain2" }, { "chain2", "chain3" }, { "chain3", "chain4" }, { "chain4", "chain5" },
    { "chain5", "chain6" }, { "chain6", "folder" },
};
/* clang-format on */

static int tree_set_up(void **state)
{
    (void)state;
    char made[] = "/tmp/nono-paths-XXXXXX";
    arena = arena_new();
    assert_non_null(mkdtemp(made));
    assert_non_null(realpath(made, root));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(mkdir("other", 0755), 0);
    FILE *file = fopen("folder/file", "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(link("folder/file", "other/file"), 0);
    for (size_t i = 0; i < COUNT(links); i++)
        assert_int_equal(symlink(links[i].target, links[i].name), 0);
    char absolute[PATH_MAX + 16];
    (void)snprintf(absolute, sizeof(absolute), "%s/other", root);
    assert_int_equal(symlink(absolute, "folder/absolute"), 0);
    return 0;
}

static int tree_tear_down(void **state)
{
    (void)state;
    CLEANUP(closep) int dir = -1;
    arena_free(arena);
    return chdir("/") == 0 && dir_open("/tmp", &dir, &err) && tree_remove(dir, root + 5, &err) ? 0
                                                                                               : 1;
}

/* Who looks is told the same, but has no descriptor. */
static void assert_look_agrees(const struct path_ops *ops, const char *path, bool ok,
                               const struct path_found *found)
{
    struct path_found seen = { .fd = -1 };
    assert_int_equal(ops->look(ops->context, path, arena, &seen, &err), ok);
    assert_int_equal(seen.fd, -1);
    if (!ok)
        return;
    assert_string_equal(seen.path, found->path);
    assert_true(seen.exists == found->exists && seen.known == found->known &&
                seen.below_file == found->below_file);
    assert_true(path_id_equal(seen.id, found->id) && seen.links == found->links);
    assert_true(seen.is_dir == found->is_dir && seen.is_device == found->is_device);
    assert_int_equal(seen.crossed_count, found->crossed_count);
    for (size_t i = 0; i < seen.crossed_count; i++)
        assert_string_equal(seen.crossed[i].folder, found->crossed[i].folder);
}

static bool find(struct plain_cache *cache, const char *name, struct path_found *out)
{
    char path[2 * PATH_MAX];
    (void)snprintf(path, sizeof(path), *name == '/' ? "%s%s" : "%s/%s", *name == '/' ? "" : root,
                   name);
    struct path_ops ops = linux_path_ops;
    ops.context = cache;
    bool ok = ops.resolve(ops.context, path, arena, out, &err);
    assert_look_agrees(&ops, path, ok, out);
    return ok;
}

static void assert_found(struct plain_cache *cache, const char *name)
{
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    char real[PATH_MAX], path[2 * PATH_MAX];
    struct stat st;
    (void)snprintf(path, sizeof(path), *name == '/' ? "%s%s" : "%s/%s", *name == '/' ? "" : root,
                   name);
    assert_true(find(cache, name, &found));
    assert_true(found.exists);
    assert_non_null(realpath(path, real));
    assert_string_equal(found.path, real);
    assert_int_equal(fstat(found.fd, &st), 0);
    struct stat direct;
    assert_int_equal(stat(path, &direct), 0);
    assert_true(st.st_ino == direct.st_ino && st.st_dev == direct.st_dev);
    assert_true(found.id.ino == st.st_ino && found.is_dir == (S_ISDIR(st.st_mode) != 0));
}

static void what_is_there_is_found_where_realpath_says(void **state)
{
    (void)state;
    static const char *const names[] = {
        "folder",
        "folder/file",
        "to-folder",
        "to-folder/file",
        "folder/up",
        "folder/up/file",
        "folder/absolute",
        "one",
        "two",
        "dots",
        "dots/file",
        "chain1",
        "chain1/file",
        "folder/../other",
        "folder/./file",
        "folder//file",
        "other/",
        "/",
        "/bin",
        "/usr/../usr/bin",
        "/proc/self",
        "folder/three",
        "folder/file-link",
    };
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    plain_cache_init(&cache);
    for (unsigned round = 0; round < 2; round++) /* the second time, folders are remembered */
        for (size_t i = 0; i < COUNT(names); i++)
            assert_found(&cache, names[i]);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_found(NULL, names[i]);
}

static void links_that_were_followed_are_told(void **state)
{
    (void)state;
    CLEANUP(path_found_clear) struct path_found direct = { .fd = -1 };
    CLEANUP(path_found_clear) struct path_found by_links = { .fd = -1 };
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    char folder[PATH_MAX + 16];
    plain_cache_init(&cache);
    assert_true(find(&cache, "other/file", &direct));
    assert_int_equal(direct.crossed_count, 0);
    assert_true(find(&cache, "one", &by_links)); /* one -> two -> folder/three -> other/file */
    assert_string_equal(by_links.path, direct.path);
    size_t count = 0;
    for (size_t i = 0; i < by_links.crossed_count; i++)
        count += by_links.crossed[i].by_link;
    assert_int_equal(count, 3);
    (void)snprintf(folder, sizeof(folder), "%s/folder", root);
    assert_string_equal(by_links.crossed[0].folder, root);
    bool in_folder = false;
    for (size_t i = 0; i < by_links.crossed_count; i++)
        in_folder |= by_links.crossed[i].by_link && strcmp(by_links.crossed[i].folder, folder) == 0;
    assert_true(in_folder);
}

static void what_is_missing_is_told_up_to_where_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *known;
        bool below_file;
    } cases[] = {
        { "folder/none", "folder/none", "folder", false },
        { "none/at/all", "none/at/all", "", false },
        { "to-folder/none", "folder/none", "folder", false },
        { "nowhere", "missing/below", "", false },
        { "folder/up/none/x", "other/none/x", "other", false },
        { "folder/none", "folder/none", "folder", false }, /* remembered */
        { "none/at/more", "none/at/more", "", false },     /* a folder that is not there is, too */
        { "none/else", "none/else", "", false },
        { "none", "none", "", false },
        { "folder/none/x/y", "folder/none/x/y", "folder", false },
        { "folder/none/z", "folder/none/z", "folder", false },
        { "folder/nonesuch/z", "folder/nonesuch/z", "folder", false },
        { "folder/file/z", "folder/file/z", "folder/file", true },
        { "folder/file/x/y", "folder/file/x/y", "folder/file", true },
        { "folder/file/x/../../none", "folder/none", "folder", false },
        { "folder/none/z", "folder/none/z", "folder", false },
    };
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    plain_cache_init(&cache);
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
        assert_true(find(&cache, cases[i].name, &found));
        assert_false(found.exists);
        assert_int_equal(found.fd, -1);
        assert_string_equal(found.path + strlen(root) + 1, cases[i].path);
        size_t known = strlen(root) + (cases[i].known[0] ? 1 + strlen(cases[i].known) : 0);
        assert_int_equal(found.known, known);
        assert_int_equal(found.below_file, cases[i].below_file);
    }
}

/* As a plan does: enough of them for what a folder has to be read. */
static void look_is_told(struct plain_cache *cache, const char *path)
{
    for (int i = 0; i < PLAIN_LOOKS; i++)
        linux_path_ops.expect(cache, path);
}

/* In every order: what was looked up before must not change the answer, nor what was told. */
static void what_is_remembered_changes_no_answer(void **state)
{
    (void)state;
    static const char *const names[] = {
        "none/at/all",   "folder/file",   "other/none",
        "none/at",       "folder/none/x", "to-folder/file",
        "none",          "folder",        "folder/none",
        "folder/up/new", "other/file",    "folder/file-link",
        "round",         "folder/file/x", "folder/file/x/y",
    };
    for (size_t from = 0; from < 2 * COUNT(names); from++) {
        CLEANUP(plain_cache_clear) struct plain_cache cache;
        plain_cache_init(&cache);
        for (size_t i = 0; i < COUNT(names) && from >= COUNT(names); i++) {
            char path[2 * PATH_MAX];
            (void)snprintf(path, sizeof(path), "%s/%s", root, names[i]);
            look_is_told(&cache, path);
        }
        struct path_ops ops = linux_path_ops;
        ops.context = &cache;
        for (size_t i = 0; i < 2 * COUNT(names); i++) {
            CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
            char path[2 * PATH_MAX];
            const char *name = names[(from + i * (from + 2)) % COUNT(names)];
            (void)snprintf(path, sizeof(path), "%s/%s", root, name);
            bool ok = linux_path_ops.resolve(NULL, path, arena, &found, &err);
            assert_look_agrees(&ops, path, ok, &found);
        }
    }
}

/* More folders than are remembered, each with something that is there and something that is not. */
static void folders_that_were_given_up_are_found_again(void **state)
{
    (void)state;
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    plain_cache_init(&cache);
    char name[64];
    for (int i = 0; i < 3 * PLAIN_FOLDERS; i++) {
        (void)snprintf(name, sizeof(name), "many%d", i);
        assert_int_equal(mkdir(name, 0755), 0);
        (void)snprintf(name, sizeof(name), "many%d/below", i);
        assert_int_equal(mkdir(name, 0755), 0);
    }
    for (int i = 0; i < 9 * PLAIN_FOLDERS; i++) {
        CLEANUP(path_found_clear) struct path_found none = { .fd = -1 };
        (void)snprintf(name, sizeof(name), "many%d/below", i * 5 % (3 * PLAIN_FOLDERS));
        assert_found(&cache, name);
        (void)snprintf(name, sizeof(name), "many%d/below/none/x", i * 5 % (3 * PLAIN_FOLDERS));
        assert_true(find(&cache, name, &none));
        assert_int_equal(none.known, strlen(root) + 1 + strlen(name) - strlen("/none/x"));
    }
}

/* Longer than the short way takes, by themselves and by what a link holds. */
static void long_paths_are_found(void **state)
{
    (void)state;
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    plain_cache_init(&cache);
    char path[2 * PATH_MAX] = "";
    for (size_t len = 0; strlen(path) <= PLAIN_PATH_MAX; len = strlen(path)) {
        (void)snprintf(path + len, sizeof(path) - len, "%s%0200zu", len ? "/" : "", len);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    assert_int_equal(symlink(path, "long"), 0);
    for (int i = 0; i < 2; i++) {
        assert_found(&cache, path);
        assert_found(&cache, "long");
    }
    CLEANUP(path_found_clear) struct path_found none = { .fd = -1 };
    size_t len = strlen(path);
    (void)snprintf(path + len, sizeof(path) - len, "/none");
    assert_true(find(&cache, path, &none));
    assert_false(none.exists);
    assert_int_equal(none.known, strlen(root) + 1 + len);
}

static void a_link_to_itself_is_refused(void **state)
{
    (void)state;
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    assert_false(find(NULL, "round", &found));
    assert_non_null(strstr(err.message, "too many symbolic links"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_found_where_realpath_says),
        cmocka_unit_test(links_that_were_followed_are_told),
        cmocka_unit_test(what_is_missing_is_told_up_to_where_it_is),
        cmocka_unit_test(what_is_remembered_changes_no_answer),
        cmocka_unit_test(folders_that_were_given_up_are_found_again),
        cmocka_unit_test(long_paths_are_found),
        cmocka_unit_test(a_link_to_itself_is_refused),
    };
    return cmocka_run_group_tests_name("sandbox/linux/paths", tests, tree_set_up, tree_tear_down);
}
