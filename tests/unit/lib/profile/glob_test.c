#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* So many more can be opened, from now on. Returns what is to be restored. */
static struct rlimit descriptors_limit(rlim_t more)
{
    struct rlimit was, limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    CLEANUP(closep) int next = dup(dir);
    limit = (struct rlimit){ (rlim_t)next + more, was.rlim_max };
    assert_true(next >= 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return was;
}

/* valgrind keeps the limit to itself. */
static bool descriptors_are_limited(void)
{
    struct rlimit was = descriptors_limit(0);
    CLEANUP(closep) int more = dup(dir);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    return more < 0;
}

static void what_cannot_be_looked_into_for_a_deny_is_a_failure(void **state)
{
    (void)state;
    if (!descriptors_are_limited())
        skip();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *pattern = path_join(arena, folder, "b/**/y");
    struct list denied = { 0 }, granted = { 0 };
    struct error err;
    struct rlimit was = descriptors_limit(1); /* b can be opened, b/x cannot */
    bool looked = profile_glob_deny(arena, pattern, &denied, &err);
    bool passed = profile_glob(arena, pattern, &granted, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_false(looked);
    assert_int_equal(err.sys, EMFILE);
    assert_non_null(strstr(err.message, "/b/x"));
    assert_true(passed && granted.count == 0);

    was = descriptors_limit(3); /* and y, where there may be more */
    looked = profile_glob_deny(arena, pattern, &denied, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_true(looked && denied.count == 1);
}

static int closed_is_a_match(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list found = { 0 };
    struct error err;
    bool fine = mkdirat(dir, "open/closed", 0) == 0 && mkdirat(dir, "open/listed", 0700) == 0 &&
                mkdirat(dir, "open/listed/y", 0700) == 0 &&
                fchmodat(dir, "open/listed", 0400, 0) == 0 &&
                profile_glob_deny(arena, path_join(arena, folder, "**/y"), &found, &err);
    bool both = fine && found.count == 3 &&
                strstr(*LIST_AT(found, const char *, 1), "open/closed") &&
                strstr(*LIST_AT(found, const char *, 2), "open/listed");
    return both ? 0 : 1;
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
        cmocka_unit_test(what_cannot_be_looked_into_for_a_deny_is_a_failure),
        cmocka_unit_test(a_folder_of_ours_that_is_closed_is_denied_whole),
        cmocka_unit_test(patterns_are_expanded_in_grants_and_kept_in_denies),
        cmocka_unit_test(a_pattern_that_matches_too_much_is_refused),
    };
    return cmocka_run_group_tests_name("lib/profile/glob", tests, tree_make, tree_drop);
}
