/* USES lib/json */
/* What a pack is said to ask is what it gets, wherever it runs. */
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "lib/profile/permissions.h"
#include "tests/support/profile.h"

static void ask_on(struct arena *arena, const char *system, enum profile_syntax syntax,
                   const char *text, struct permissions *out)
{
    struct profile_env env = env_of();
    env.platform = NULL; /* a pack's, for any machine */
    env.system = system;
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = syntax, .file = "p", .pack = "ns/p"
    };
    assert_ok(permissions_ask(&env, "p", &document, arena, out, &err));
}

static void ask(struct arena *arena, enum profile_syntax syntax, const char *text,
                struct permissions *out)
{
    ask_on(arena, NULL, syntax, text, out);
}

static bool has_text(const struct list *list, const char *text)
{
    LIST_FOREACH (*list, const char *, item)
        if (strcmp(*item, text) == 0)
            return true;
    return false;
}

/* Here is Linux: what holds on Windows alone is left out of a consent there, as asks.c does. */
static bool asks_host_here(const struct permissions *permissions, const char *name)
{
    LIST_FOREACH (permissions->hosts, struct permission_host, host)
        if (strcmp(host->host, name) == 0 && (!host->when || strcmp(host->when, "windows") != 0))
            return true;
    return false;
}

static void what_is_named_for_another_system_hides_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "network.allow_hosts = [{host='x.example', when='windows'}, 'x.example']",
        "network.allow_hosts = ['x.example', {host='x.example', when='windows'}]",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct permissions permissions;
        ask(arena, PROFILE_TOML, texts[i], &permissions);
        assert_true(asks_host_here(&permissions, "x.example"));
        assert_int_equal(permissions.hosts.count, 2);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    ask(arena, PROFILE_TOML,
        "groups = [{name='pack_usr2', when='windows'}, {name='pack_usr2', when='!windows'}]",
        &permissions);
    assert_int_equal(permissions.write.count, 2);
    assert_string_equal(LIST_AT(permissions.write, struct permission_path, 0)->when, "windows");
    assert_string_equal(LIST_AT(permissions.write, struct permission_path, 1)->when, "!windows");
}

/* Of one flag the last system's word would be everybody's. */
static void what_is_said_anew_for_a_system_counts_for_it(void **state)
{
    (void)state;
    static const struct {
        enum profile_syntax syntax;
        const char *text;
        enum profile_network linux_network, all;
    } cases[] = {
        { PROFILE_TOML,
          "[platform_overrides.linux.network]\nopen=true\n[platform_overrides.macos.network]\n"
          "open=false\n",
          PROFILE_NETWORK_OPEN, PROFILE_NETWORK_OPEN },
        { PROFILE_TOML, "network.open=true\n[platform_overrides.windows.network]\nblock=true\n",
          PROFILE_NETWORK_OPEN, PROFILE_NETWORK_OPEN },
        { PROFILE_TOML, "[platform_overrides.macos.network]\nopen=true\n", PROFILE_NETWORK_CLOSED,
          PROFILE_NETWORK_OPEN },
        { PROFILE_TOML,
          "[platform_overrides.linux.network]\nallow_hosts=['a.example']\n"
          "[platform_overrides.macos.network]\nnetwork_profile='minimal'\n",
          PROFILE_NETWORK_HOSTS, PROFILE_NETWORK_HOSTS },
        { PROFILE_JSON,
          "{\"platform_overrides\":{\"windows\":{\"network\":{\"allow_domain\":[\"a.example\"]}}}}",
          PROFILE_NETWORK_OPEN, PROFILE_NETWORK_OPEN },
        { PROFILE_JSON, "{\"platform_overrides\":{\"linux\":{\"network\":{\"block\":true}}}}",
          PROFILE_NETWORK_CLOSED, PROFILE_NETWORK_OPEN },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct permissions here, everywhere;
        struct profile *profile;
        ask_on(arena, "linux", cases[i].syntax, cases[i].text, &here);
        ask(arena, cases[i].syntax, cases[i].text, &everywhere);
        assert_ok(resolve(arena, cases[i].syntax, cases[i].text, NULL, &profile, &err));
        if (here.network != (int)profile->network || profile->network != cases[i].linux_network)
            fail_msg("%s: said %d, is %d", cases[i].text, here.network, (int)profile->network);
        if (everywhere.network != (int)cases[i].all)
            fail_msg("%s: said %d", cases[i].text, everywhere.network);
    }
}

static void the_widest_of_all_systems_is_shown(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    ask(arena, PROFILE_TOML,
        "workdir='read'\n[filesystem]\ndeny=['/d']\nread=['/r']\n"
        "[network]\nallow_hosts=['a.example','b.example']\ncredentials=['one']\n"
        "[session_hooks]\nbefore={script='$PACK_DIR/before'}\n"
        "[environment]\nallow_vars=['HOME']\n"
        "[platform_overrides.linux]\nworkdir='readwrite'\n"
        "[platform_overrides.linux.session_hooks]\nbefore={script='$PACK_DIR/linux'}\n"
        "[platform_overrides.linux.filesystem]\nwrite=['/w']\n"
        "[platform_overrides.macos]\nworkdir='none'\naudit.level='none'\n"
        "network.credentials=[]\nnetwork.allow_hosts=['c.example']\n"
        "[platform_overrides.macos.session_hooks]\nbefore={script='$PACK_DIR/macos'}\n"
        "[platform_overrides.windows.filesystem]\nexecute=['/x']\n",
        &permissions);
    assert_string_equal(permissions.workdir, "readwrite");
    assert_int_equal(permissions.hooks.count, 3);
    assert_int_equal(permissions.hosts.count, 3);
    assert_int_equal(permissions.deny.count, 1);
    assert_int_equal(permissions.execute_mode, PERMISSIONS_EXECUTE_READABLE);
    assert_int_equal(permissions.environment_mode, PERMISSIONS_ENVIRONMENT_LISTED);
    assert_true(has_text(&permissions.credentials, "one"));
    assert_true(has_text(&permissions.other, "no audit record of its runs"));
    assert_int_equal(permissions.write.count, 1);
    assert_string_equal(LIST_AT(permissions.write, struct permission_path, 0)->when, "linux");
    const char *json = json_encode(&permissions_record, &permissions, arena);
    assert_non_null(strstr(json, "{\"host\":\"c.example\",\"when\":\"macos\"}"));
}

static void a_variable_that_is_dropped_in_one_is_not_dropped_in_all(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions all = { 0 }, one;
    static const char *const texts[] = {
        "environment.deny_vars = ['AWS_*']\nenvironment.allow_vars = ['HOME']",
        "environment.set_vars = {CI = '1'}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        ask(arena, PROFILE_TOML, texts[i], &one);
        assert_ok(permissions_widen(&all, &one, arena, &err));
        assert_int_equal(has_text(&all.environment, "drop AWS_*"), i == 0);
    }
    assert_int_equal(all.environment_mode, PERMISSIONS_ENVIRONMENT_USUAL);
    assert_true(has_text(&all.environment, "pass HOME"));
    assert_true(has_text(&all.environment, "set CI"));
}

static void what_is_asked_has_a_limit(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct permission_path path = { .path = "/a" };
    struct permission_path *items = ARENA_ARRAY(arena, struct permission_path, LIMIT_PERMISSIONS);
    for (size_t i = 0; i < LIMIT_PERMISSIONS; i++)
        items[i] = path;
    struct permissions all = { 0 }, one = { .schema_version = 1,
                                            .workdir = "none",
                                            .read = { items, LIMIT_PERMISSIONS } };
    assert_ok(permissions_widen(&all, &one, arena, &err));
    assert_fails(permissions_widen(&all, &one, arena, &err), TOO_LARGE);
    all = (struct permissions){ 0 };
    one.write = (struct list){ items, 1 };
    assert_fails(permissions_widen(&all, &one, arena, &err), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_for_another_system_hides_nothing),
        cmocka_unit_test(what_is_said_anew_for_a_system_counts_for_it),
        cmocka_unit_test(the_widest_of_all_systems_is_shown),
        cmocka_unit_test(a_variable_that_is_dropped_in_one_is_not_dropped_in_all),
        cmocka_unit_test(what_is_asked_has_a_limit),
    };
    return cmocka_run_group_tests_name("lib/profile/union", tests, NULL, NULL);
}
