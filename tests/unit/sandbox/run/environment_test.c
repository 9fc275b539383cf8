#include "tests/support/test.h"

#include <string.h>

#include "sandbox/run/environment.h"

static enum environment_verdict judge(const char *name)
{
    static const struct environment_rules none;
    return environment_judge(&none, name);
}

static void names_are_judged_without_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum environment_verdict verdict;
    } cases[] = {
        { "PATH", ENVIRONMENT_PASSED },
        { "HOME", ENVIRONMENT_PASSED },
        { "LANG", ENVIRONMENT_PASSED },
        { "KEYBOARD", ENVIRONMENT_PASSED },
        { "MONKEY_BARS", ENVIRONMENT_PASSED },
        { "PWD", ENVIRONMENT_PASSED },
        { "LD_PRELOAD", ENVIRONMENT_LOADER },
        { "BASH_ENV", ENVIRONMENT_LOADER },
        { "BASH_FUNC_ls%%", ENVIRONMENT_LOADER },
        { "NODE_OPTIONS", ENVIRONMENT_LOADER },
        { "NONO_PROFILE", ENVIRONMENT_LOADER },
        { "OP_SESSION_me", ENVIRONMENT_LOADER },
        { "GITHUB_TOKEN", ENVIRONMENT_SECRET },
        { "ANTHROPIC_API_KEY", ENVIRONMENT_SECRET },
        { "AWS_SECRET_ACCESS_KEY", ENVIRONMENT_SECRET },
        { "PGPASSWORD", ENVIRONMENT_SECRET },
        { "SSHPASS", ENVIRONMENT_SECRET },
        { "COMPASS", ENVIRONMENT_PASSED },
        { "aws_session_token", ENVIRONMENT_SECRET },
        { "SIGNING_KEY_FILE", ENVIRONMENT_SECRET },
        { "npm_config__auth", ENVIRONMENT_SECRET },
        { "REGISTRY_CREDS", ENVIRONMENT_SECRET },
        { "GIT_AUTHOR_NAME", ENVIRONMENT_PASSED },
        { "SSH_AUTH_SOCK", ENVIRONMENT_SECRET },
        { "SSH_AGENT_PID", ENVIRONMENT_OUTSIDE },
        { "DBUS_SESSION_BUS_ADDRESS", ENVIRONMENT_OUTSIDE },
        { "DOCKER_HOST", ENVIRONMENT_OUTSIDE },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (judge(cases[i].name) != cases[i].verdict)
            fail_msg("%s", cases[i].name);
}

static void a_secret_passes_when_it_is_named_but_not_by_a_star(void **state)
{
    (void)state;
    const char *star[] = { "*" }, *named[] = { "*", "GITHUB_*", "LD_PRELOAD" };
    struct environment_rules rules = { .allow = { star, 1 }, .only_allowed = true };
    assert_int_equal(environment_judge(&rules, "GITHUB_TOKEN"), ENVIRONMENT_SECRET);
    assert_int_equal(environment_judge(&rules, "EDITOR"), ENVIRONMENT_PASSED);
    rules.allow = (struct list){ named, COUNT(named) };
    assert_int_equal(environment_judge(&rules, "GITHUB_TOKEN"), ENVIRONMENT_PASSED);
    assert_int_equal(environment_judge(&rules, "LD_PRELOAD"), ENVIRONMENT_LOADER);
}

static void a_list_keeps_out_what_it_does_not_name(void **state)
{
    (void)state;
    const char *allow[] = { "LANG", "LC_*" }, *deny[] = { "LC_ALL" };
    struct environment_rules rules = { .only_allowed = true,
                                       .allow = { allow, 2 },
                                       .deny = { deny, 1 } };
    assert_int_equal(environment_judge(&rules, "LC_TIME"), ENVIRONMENT_PASSED);
    assert_int_equal(environment_judge(&rules, "LC_ALL"), ENVIRONMENT_RULE);
    assert_int_equal(environment_judge(&rules, "EDITOR"), ENVIRONMENT_RULE);
}

static void the_environment_is_made_of_what_passes_and_what_is_set(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *const envp[] = { "PATH=/bin", "GITHUB_TOKEN=x", "CI=0",   "OLDPWD=/", "nonsense",
                                 "=x",        "PWD=/old",       "A=\xff", NULL };
    struct environment_value set[] = { { "CI", "1" } };
    struct environment_rules rules = { .set = { set, 1 }, .workdir = "/ws" };
    size_t dropped;
    const char **made = environment_make(&rules, envp, arena, &dropped);
    assert_string_equal(made[0], "PATH=/bin");
    assert_string_equal(made[1], "CI=1");
    assert_string_equal(made[2], "PWD=/ws");
    assert_null(made[3]);
    assert_int_equal(dropped, 4);
}

static void a_url_with_a_password_is_a_secret(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *const envp[] = {
        "A=postgres://me:sesame@db/x",
        "B=x http://me:sesame@h",
        "C=https://h/@:x",
        "D=http://me@h",
        "E=postgres://me:sesame@db/x",
        "https_proxy=http://me:sesame@h:3128",
        NULL,
    };
    const char *allow[] = { "E" };
    struct environment_rules rules = { .allow = { allow, 1 } };
    for (size_t open = 0; open < 2; open++) { /* of a proxy it passes where there is a way to one */
        size_t dropped;
        rules.proxies = open;
        const char **made = environment_make(&rules, envp, arena, &dropped);
        for (size_t i = 0; i < 3 + open; i++)
            assert_string_equal(made[i], envp[2 + i]);
        assert_null(made[3 + open]);
        assert_int_equal(dropped, 3 - open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_judged_without_rules),
        cmocka_unit_test(a_secret_passes_when_it_is_named_but_not_by_a_star),
        cmocka_unit_test(a_list_keeps_out_what_it_does_not_name),
        cmocka_unit_test(a_url_with_a_password_is_a_secret),
        cmocka_unit_test(the_environment_is_made_of_what_passes_and_what_is_set),
    };
    return cmocka_run_group_tests_name("sandbox/run/environment", tests, NULL, NULL);
}
