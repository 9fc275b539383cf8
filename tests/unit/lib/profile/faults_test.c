/* USES lib/json */
#include <stdio.h>

#include "tests/support/profile.h"

/* Values of the wrong kind, key by key: what is refused, and with which words. */
static const struct {
    const char *json, *message;
} wrong[] = {
    { "{\"groups\":3}",
      "groups: expected a list of groups, or include and exclude, found a whole number" },
    { "{\"groups\":{\"include\":3}}",
      "groups.include: expected a list of groups, found a whole number" },
    { "{\"groups\":{\"inclde\":[]}}", "groups: unknown key \"inclde\"" },
    { "{\"groups\":[3]}", "groups: expected text, found a whole number" },
    { "{\"network\":{\"allow_domain\":3}}",
      "network.allow_domain: expected a list of hosts, found a whole number" },
    { "{\"network\":{\"allow_domain\":[3]}}",
      "network.allow_domain: expected text, found a whole number" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"endpoints\":[3]}]}}",
      "network.allow_domain: expected a table with method and path, found a whole number" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"endpoints\":3}]}}",
      "network.allow_domain: expected a list of endpoints, found a whole number" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"endpoints\":[{\"path\":\"/\",\"x\":1}]}]}}",
      "network.allow_domain: unknown key \"x\"" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"endpoints\":[{\"path\":3}]}]}}",
      "network.allow_domain: expected text, found a whole number" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a b\",\"endpoints\":[{\"path\":\"/\"}]}]}}",
      "not a host" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"x\":1}]}}",
      "network.allow_domain: unknown key \"x\"" },
    { "{\"network\":{\"allow_domain\":[{\"endpoints\":[]}]}}",
      "network.allow_domain: an entry without \"domain\"" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":3}]}}",
      "network.allow_domain: expected text, found a whole number" },
    { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"when\":\"::\"}]}}",
      "when: \"::\" is no condition" },
    { "{\"network\":{\"connect_port\":3}}",
      "network.connect_port: expected a list of ports, found a whole number" },
    { "{\"network\":{\"connect_port\":[70000]}}", "expected a port from 1 to 65535" },
    { "{\"network\":{\"listen_port_range\":3}}", "expected a list of [first, last]" },
    { "{\"network\":{\"listen_port_range\":[[1]]}}", "expected [first, last], found a list" },
    { "{\"network\":{\"listen_port_range\":[[1,\"x\"]]}}", "expected a port from 1 to 65535" },
    { "{\"network\":{\"credentials\":3}}", "network.credentials: expected a list of names" },
    { "{\"network\":{\"credentials\":[3]}}", "network.credentials: expected text" },
    { "{\"network\":{\"custom_credentials\":3}}", "expected a table of credentials" },
    { "{\"network\":{\"custom_credentials\":{\"a\":3}}}",
      "expected a table, found a whole number" },
    { "{\"network\":{\"network_profile\":3}}", "network.network_profile: expected text" },
    { "{\"network\":{\"upstream_proxy\":3}}", "network.upstream_proxy: expected text" },
    { "{\"audit\":{\"integrity_hash\":\"md5\"}}", "expected true or false, found text" },
    { "{\"audit\":{\"level\":3}}", "audit.level: expected text" },
    { "{\"commands\":{\"deny\":\"rm\"}}", "commands.deny: expected a list of text" },
    { "{\"commands\":{\"deny\":[3]}}", "commands.deny: expected text" },
    { "{\"environment\":{\"allow_vars\":3}}", "environment.allow_vars: expected a list of text" },
    { "{\"environment\":{\"set_vars\":[]}}",
      "environment.set_vars: expected a table of variables" },
    { "{\"environment\":{\"set_vars\":{\"A\":3}}}", "environment.set_vars: expected text" },
    { "{\"environment\":{\"set_vars\":{\"NONO_X\":\"\"}}}", "NONO_X cannot be set" },
    { "{\"session_hooks\":{\"before\":3}}", "session_hooks.before: expected a table with script" },
    { "{\"session_hooks\":{\"before\":{\"script\":3}}}", "session_hooks.before: expected text" },
    { "{\"session_hooks\":{\"before\":{\"script\":\"$NOPE\"}}}", "there is no variable $NOPE" },
    { "{\"session_hooks\":{\"after\":{\"script\":\"after.sh\"}}}",
      "session_hooks.after: \"after.sh\" is not an absolute path" },
    { "{\"session_hooks\":{\"after\":{\"script\":\"~after.sh\"}}}", "is not an absolute path" },
    { "{\"session_hooks\":{\"after\":{\"script\":\"/a/../b\"}}}", "a path cannot have .." },
    { "{\"binary\":3}", "binary: expected text, found a whole number" },
    { "{\"filesystem\":{\"deny\":3}}", "filesystem.deny: expected a list of paths" },
    { "{\"filesystem\":{\"deny\":[\"$NOPE\"]}}", "there is no variable $NOPE" },
    { "{\"filesystem\":{\"bypass_protection\":[\"$NOPE\"]}}", "there is no variable $NOPE" },
    { "{\"filesystem\":{\"read\":[{\"path\":3}]}}", "filesystem.read: expected text" },
    { "{\"filesystem\":{\"unix_socket\":[\"\"]}}", "an empty path" },
    { "{\"platform_overrides\":3}", "platform_overrides: expected a table" },
    { "{\"platform_overrides\":{\"linux\":3}}", "platform_overrides: expected a partial profile" },
    { "{\"platform_overrides\":{\"linux\":{\"x\":3}}}", "x: unknown key" },
    { "{\"extends\":[3]}", "extends: expected text" },
    { "{\"zzzzzzzzzzzz\":1}", "zzzzzzzzzzzz: unknown key" },
};

static void wrong_values_are_refused_by_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        struct error fault = { 0 };
        if (resolve(arena, PROFILE_JSON, wrong[i].json, NULL, &profile, &fault))
            fail_msg("accepted %s", wrong[i].json);
        assert_int_equal(fault.kind, ERROR_INVALID);
        if (!strstr(fault.message, wrong[i].message))
            fail_msg("%s: %s", wrong[i].json, fault.message);
    }
}

static void null_is_absence(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(
        resolve(arena, PROFILE_JSON,
                "{\"extends\":null,\"meta\":null,\"filesystem\":{\"read\":null},\"groups\":{"
                "\"include\":null},\"platform_overrides\":null,\"session_hooks\":{\"before\":null},"
                "\"security\":{\"signal_mode\":null},\"workdir\":{}}",
                NULL, &profile, &err));
    assert_int_equal(profile->signals, PROFILE_SIGNALS_ISOLATED);
}

static void conditions_choose_hosts_and_groups(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(
        resolve(arena, PROFILE_TOML,
                "network.allow_hosts=[{host='a.b',when='macos'},{host='c.d',when='linux'},"
                "'c.d', {domain='e.f',when='macos'}]\nfilesystem.deny=[{path='/x',when='macos'}]\n"
                "filesystem.bypass_protection=[{path='/x',when='macos'}]",
                NULL, &profile, &err));
    assert_int_equal(profile->allow_hosts.count, 1);
    assert_string_equal(LIST_AT(profile->allow_hosts, struct profile_host, 0)->host, "c.d");
    assert_false(denied(profile, "/x"));
    assert_int_equal(profile->bypasses.count, 0);
}

static void later_words_replace_earlier_ones(void **state)
{
    (void)state;
    static const struct named named[] = {
        { "base", "environment.set_vars={A='1'}\nnetwork.credentials=['x']\nworkdir='read'",
          PROFILE_TOML, NULL },
        { 0 },
    };
    documents = named;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML,
                      "extends='base'\nenvironment.set_vars={A='2',B='3'}\nnetwork.credentials=[]\n"
                      "workdir='write'\nsession_hooks.after={script='/x',timeout_secs=5}\n"
                      "environment.allow_vars=[]",
                      NULL, &profile, &err));
    documents = NULL;
    assert_int_equal(profile->set_variables.count, 2);
    assert_string_equal(LIST_AT(profile->set_variables, struct profile_variable, 0)->value, "2");
    assert_int_equal(profile->credentials.count, 0);
    assert_int_equal(profile->workdir, PROFILE_WORKDIR_READWRITE);
    assert_int_equal(profile->hook_after.timeout_s, 5);
    assert_true(profile->environment_allowed);
}

static void a_program_may_be_named_back(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML,
                      "groups=['dangerous_commands']\ncommands.allow=['rm']\ncommands.deny=['x']",
                      NULL, &profile, &err));
    assert_ok(profile_check_command(profile, "rm", &err));
    assert_fails(profile_check_command(profile, "/usr/bin/dd", &err), DENIED);
    assert_fails(profile_check_command(profile, "x", &err), DENIED);
    struct profile_text text;
    profile_builtin_find("none-such", &text);
    assert_null(text.text);
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    char *text = arena_alloc(arena, 200000, 1);
    size_t len = (size_t)snprintf(text, 200000, "filesystem.read=[");
    for (int i = 0; i < 20001; i++)
        len += (size_t)snprintf(text + len, 200000 - len, "'/a',");
    (void)snprintf(text + len, 200000 - len, "]");
    assert_fails(resolve(arena, PROFILE_TOML, text, NULL, &profile, &err), INVALID);
    char *huge = arena_alloc(arena, (2 << 20) + 1, 1);
    memset(huge, '\n', 2 << 20);
    assert_fails(resolve(arena, PROFILE_TOML, huge, NULL, &profile, &err), TOO_LARGE);
    memset(huge, 0, 2 << 20);
    (void)snprintf(huge, 8000, "filesystem.read=['/%05000d']", 1);
    assert_fails(resolve(arena, PROFILE_TOML, huge, NULL, &profile, &err), INVALID);
    (void)snprintf(huge, 8000, "filesystem.read=['$HOME/%04090d']", 1);
    assert_fails(resolve(arena, PROFILE_TOML, huge, NULL, &profile, &err), INVALID);
}

/* A home folder counts in a path as what is written does, however it is named. */
static void a_long_home_makes_long_paths(void **state)
{
    static const char *const written[] = { "~/x", "$HOME/x" };
    static char home[6000];
    (void)state;
    memset(home, 'h', sizeof(home) - 1);
    home[0] = '/';
    for (size_t i = 0; i < COUNT(written); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_env env = env_of();
        struct profile *profile;
        const char *text = arena_printf(arena, "extends=[]\nfilesystem.read=['%s']", written[i]);
        struct profile_text document = { .text = text, .len = strlen(text), .file = "p" };
        env.home = home;
        struct error fault;
        assert_false(profile_resolve(&env, "test", &document, NULL, arena, &profile, &fault));
        assert_non_null(strstr(fault.message, "p:2:18: this path is longer than 4095 bytes"));
        home[4000] = '\0';
        assert_ok(profile_resolve(&env, "test", &document, NULL, arena, &profile, &err));
        home[4000] = 'h';
    }
}

struct long_list {
    const char *head, *before, *behind, *end, *message;
    int most, over;
};

/* Whether a profile with so many of them resolves; *fault says why not. */
static bool list_resolves(const struct long_list *list, int count, struct error *fault)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t max = 24 * (size_t)count + 64;
    char *text = arena_alloc(arena, max, 1);
    size_t len = (size_t)snprintf(text, max, "%s", list->head);
    for (int i = 0; i < count; i++)
        len +=
            (size_t)snprintf(text + len, max - len, "%s%d%s", list->before, i % 9000, list->behind);
    (void)snprintf(text + len, max - len, "%s", list->end);
    struct profile *profile;
    return resolve(arena, PROFILE_TOML, text, NULL, &profile, fault);
}

/* Each list is within the entries that a profile may have. */
static void long_lists_of_names_are_refused(void **state)
{
    (void)state;
    static const struct long_list cases[] = {
        { "extends=[", "'default',#", "\n", "]", "extends: more than 256 names", 256, 257 },
        { "commands.deny=[", "'c", "',", "]", "commands.deny: more than 2000 names", 2000, 2001 },
        { "environment.allow_vars=[", "'V", "',", "]", "more than 2000 names", 2000, 2001 },
        { "network.credentials=[", "'c", "',", "]", "more than 2000 names", 2000, 2001 },
        { "[environment.set_vars]\n", "V", "='1'\n", "", "more than 2000 names", 2000, 2001 },
        { "[network.custom_credentials]\n", "c", "={}\n", "", "more than 2000 names", 2000, 2001 },
        { "undo=[", "", ",", "]", "over 200000 values", 199900, 200001 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error fault = { 0 };
        if (!list_resolves(&cases[i], cases[i].most, &fault))
            fail_msg("%s: %s", cases[i].head, fault.message);
        assert_false(list_resolves(&cases[i], cases[i].over, &fault));
        if (!strstr(fault.message, cases[i].message))
            fail_msg("%s: %s", cases[i].head, fault.message);
    }
}

/* A word for each grant that protections make void, not for each of those. */
static void a_grant_is_warned_of_once(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML,
                      "groups=['pack_tools']\nfilesystem.read=['/opt/x/secret/a', '~/.ssh/x', "
                      "'~/.sshx', '/opt/x/secrets']",
                      NULL, &profile, &err));
    assert_int_equal(profile->warnings.count, 2);
    assert_ok(resolve(arena, PROFILE_TOML,
                      "groups=['pack_tools']\nfilesystem.read=['/opt/x/secret/a']\n"
                      "filesystem.bypass_protection=['/opt/x']",
                      NULL, &profile, &err));
    assert_int_equal(profile->warnings.count, 0);
    assert_false(denied(profile, "/opt/x/secret"));
    assert_true(denied(profile, "/home/u/.ssh"));
    assert_ok(
        resolve(arena, PROFILE_TOML, "filesystem.bypass_protection=['/']", NULL, &profile, &err));
    assert_false(denied(profile, "/home/u/.ssh"));
}

/* What has a * in its name is no pattern for that. */
static void stars_of_folders_are_no_patterns(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    struct profile *profile;
    struct error fault = { 0 };
    const char *text = "[filesystem]\nwrite=['$WORKDIR', './x']\ndeny=['$WORKDIR/.env']";
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = PROFILE_TOML, .file = "p"
    };
    env.workdir = "/usr/*";
    assert_ok(profile_resolve(&env, "p", &document, NULL, arena, &profile, &err));
    assert_non_null(grant_of(profile, "/usr/*"));
    assert_non_null(grant_of(profile, "/usr/*/x"));
    assert_null(grant_of(profile, "/usr/bin"));
    assert_true(denied(profile, "/usr/*/.env"));
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        assert_false(deny->is_glob);

    document.text = "filesystem.read=['$WORKDIR/*']";
    document.len = strlen(document.text);
    assert_false(profile_resolve(&env, "p", &document, NULL, arena, &profile, &fault));
    assert_non_null(strstr(fault.message, "has a * in its path"));
    document.text = "filesystem.deny=['*.pem']";
    document.len = strlen(document.text);
    assert_fails(profile_resolve(&env, "p", &document, NULL, arena, &profile, &err), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_values_are_refused_by_key),
        cmocka_unit_test(a_long_home_makes_long_paths),
        cmocka_unit_test(null_is_absence),
        cmocka_unit_test(conditions_choose_hosts_and_groups),
        cmocka_unit_test(later_words_replace_earlier_ones),
        cmocka_unit_test(a_program_may_be_named_back),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(long_lists_of_names_are_refused),
        cmocka_unit_test(a_grant_is_warned_of_once),
        cmocka_unit_test(stars_of_folders_are_no_patterns),
    };
    return cmocka_run_group_tests_name("lib/profile/faults", tests, NULL, NULL);
}
