#include "tests/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/profile/resolver.h"

static char folder[] = "/tmp/glob-test-XXXXXX";
static int dir = -1;

static int tree_make(void **state)
{
    (void)state;
    struct error err;
    if (!mkdtemp(folder))
        return -1;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir_make_beneath(dir, "a/x", 0755, &err) &&
              dir_make_beneath(dir, "b/x/y", 0755, &err) &&
              dir_make_beneath(dir, "a/.hidden", 0755, &err);
    return ok && symlinkat("/etc", dir, "a/out") == 0 && symlinkat("b", dir, "c") == 0 ? 0 : -1;
}

static int tree_drop(void **state)
{
    (void)state;
    struct error err;
    (void)close(dir);
    return tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

static void patterns_match_what_is_there(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *matches;
    } cases[] = {
        { "*", "/a /b" },        { "*/x", "/a/x /b/x" },    { "a/*", "/a/.hidden /a/x" },
        { "**/x", "/a/x /b/x" }, { "b/**", "/b/x /b/x/y" }, { "c/*", "" },
        { "none/*", "" },        { "a/x*", "/a/x" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct list found = { 0 };
        assert_ok(profile_glob(arena, path_join(arena, folder, cases[i].pattern), &found, &err));
        const char *text = "";
        LIST_FOREACH (found, const char *, path)
            text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", *path + strlen(folder));
        assert_string_equal(text, cases[i].matches);
    }
}

static void denied_patterns_find_links_and_what_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *matches;
    } cases[] = {
        { "*", "/a /b /c" }, { "a/*", "/a/.hidden /a/out /a/x" },
        { "c/*", "/c/x" },   { "**/y", "/b/x/y" },
        { "none/*", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct list found = { 0 };
        const char *pattern = path_join(arena, folder, cases[i].pattern);
        assert_ok(profile_glob_deny(arena, pattern, &found, &err));
        const char *text = "";
        LIST_FOREACH (found, const char *, path)
            text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", *path + strlen(folder));
        assert_string_equal(text, cases[i].matches);
    }
}

static int closed_is_a_match(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list found = { 0 };
    struct error err;
    bool fine = mkdirat(dir, "open/closed", 0) == 0 &&
                profile_glob_deny(arena, path_join(arena, folder, "**/y"), &found, &err);
    return fine && found.count == 2 && strstr(*LIST_AT(found, const char *, 1), "open/closed") ? 0
                                                                                               : 1;
}

static void a_folder_of_ours_that_is_closed_is_denied_whole(void **state)
{
    (void)state;
    assert_int_equal(fchmod(dir, 0755), 0);
    assert_int_equal(mkdirat(dir, "open", 0), 0);
    assert_int_equal(fchmodat(dir, "open", 0777, 0), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(geteuid() != 0 || setuid(65534) == 0 ? closed_is_a_match() : 2);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    struct error err;
    assert_true(tree_remove(dir, "open", &err)); /* which is closed to the next test as well */
}

static void patterns_are_expanded_in_grants_and_kept_in_denies(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const struct profile_platform platform = { .os = "linux" };
    struct profile_env env = { .platform = &platform, .home = "/home/u", .workdir = folder };
    const char *toml = "extends=[]\n[filesystem]\nread=['*/x']\ndeny=['**/x']\n";
    struct profile_text text = {
        .text = toml, .len = strlen(toml), .syntax = PROFILE_TOML, .file = "p"
    };
    struct profile *profile;
    assert_ok(profile_resolve(&env, "p", &text, NULL, arena, &profile, &err));
    assert_int_equal(profile->grants.count, 2);
    assert_string_equal(LIST_AT(profile->grants, struct profile_path, 1)->written, "*/x");
    assert_int_equal(profile->denies.count, 3);
    assert_true(LIST_AT(profile->denies, struct profile_path, 2)->is_glob);
}

static void a_pattern_that_matches_too_much_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list found = { 0 };
    struct error err;
    assert_true(dir_make_beneath(dir, "many", 0755, &err));
    for (int i = 0; i < 5000; i++)
        assert_int_equal(mkdirat(dir, arena_printf(arena, "many/%d", i), 0700), 0);
    assert_false(profile_glob(arena, path_join(arena, folder, "many/*"), &found, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_what_is_there),
        cmocka_unit_test(denied_patterns_find_links_and_what_is_closed),
        cmocka_unit_test(a_folder_of_ours_that_is_closed_is_denied_whole),
        cmocka_unit_test(patterns_are_expanded_in_grants_and_kept_in_denies),
        cmocka_unit_test(a_pattern_that_matches_too_much_is_refused),
    };
    return cmocka_run_group_tests_name("lib/profile/glob", tests, tree_make, tree_drop);
}
