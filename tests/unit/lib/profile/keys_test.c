/* USES lib/json */
#include "lib/json/json.h"
#include "tests/support/profile.h"

static void execute_lists_take_execution_from_all_else(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML,
                      "[filesystem]\nread=['/a']\nexecute=['/usr/bin/git', '/a']", NULL, &profile,
                      &err));
    assert_true(profile->execute_listed);
    assert_int_equal(grant_of(profile, "/usr/bin/git")->access, RX);
    assert_int_equal(grant_of(profile, "/usr")->access, PROFILE_READ);
    assert_int_equal(grant_of(profile, "/a")->access, RX);
    assert_ok(resolve(arena, PROFILE_TOML, "filesystem.execute=[]", NULL, &profile, &err));
    assert_true(profile->execute_listed);
    assert_int_equal(grant_of(profile, "/usr")->access, PROFILE_READ);
}

static void the_articles_profile_parses_whole(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    struct error fault = { 0 };
    const char *article =
        "[filesystem]\nread = [\"/home/user/projects\", \"/usr/share/doc\"]\n"
        "write = [\"/tmp/agent-workspace\"]\nexecute = [\"/usr/bin/git\", \"/usr/bin/python3\"]\n"
        "[network]\nallow_hosts = [\"api.openai.com\", \"api.anthropic.com\", \"github.com\"]\n"
        "allow_endpoints = [\"api.openai.com:443\", \"api.anthropic.com:443/v1/messages\", "
        "\"raw.githubusercontent.com:443/always-further/*\"]\ndeny_cloud_metadata = true\n"
        "[credentials]\nproxy_mode = true\nkeystore = \"1password\"\n"
        "[audit]\nlevel = \"supervised\"\nintegrity_hash = true\nevidence_fs = true\n";
    assert_ok(resolve(arena, PROFILE_TOML, article, NULL, &profile, &err));
    assert_int_equal(profile->network, PROFILE_NETWORK_HOSTS);
    assert_int_equal(profile->unsupported.count, 5);
    assert_string_equal(profile->keystore, "1password");
    assert_int_equal(profile->audit_level, PROFILE_AUDIT_SUPERVISED);
    assert_false(profile_check_supported(profile, &fault));
    assert_int_equal(fault.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(fault.message, "network.allow_endpoints"));
    assert_ok(
        resolve(arena, PROFILE_TOML,
                "[network]\nallow_endpoints=['api.openai.com:443']\ndeny_cloud_metadata=true\n"
                "[audit]\nintegrity_hash='sha256'\nlevel='standard'\n",
                NULL, &profile, &err));
    assert_ok(profile_check_supported(profile, &err));
    assert_int_equal(LIST_AT(profile->allow_hosts, struct profile_host, 0)->port, 443);
}

static void what_nobody_holds_is_noted_and_can_be_taken_back(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *key; /* NULL: nothing to note */
    } cases[] = {
        { "{\"security\":{\"capability_elevation\":true}}", "security.capability_elevation" },
        { "{\"security\":{\"capability_elevation\":false}}", NULL },
        { "{\"linux\":{\"sandbox_policy\":\"external\"}}", "linux.sandbox_policy" },
        { "{\"linux\":{\"sandbox_policy\":\"auto\"}}", NULL },
        { "{\"env_credentials\":{\"a\":\"B\"}}", "env_credentials" },
        { "{\"secrets\":{\"a\":\"B\"}}", "env_credentials" },
        { "{\"env_credentials\":{}}", NULL },
        { "{\"network\":{\"credentials\":[\"openai\"]}}", "network.credentials" },
        { "{\"network\":{\"upstream_proxy\":\"p:1\"}}", "network.upstream_proxy" },
        { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\",\"endpoints\":[{\"method\":\"GET\","
          "\"path\":\"/x\"}]}]}}",
          "network.allow_domain" },
        { "{\"network\":{\"allow_domain\":[{\"domain\":\"a.b\"}]}}", NULL },
        { "{\"undo\":{\"x\":1},\"interactive\":true,\"open_urls\":{},\"$schema\":\"s\"}", NULL },
        { "{\"network\":{\"deny_cloud_metadata\":true}}", "network.deny_cloud_metadata" },
        { "{\"extends\":\"elevated\",\"security\":{\"capability_elevation\":false}}", NULL },
        { "{\"extends\":\"elevated\"}", "security.capability_elevation" },
        { "{\"command_policies\":{\"a\":1}}", "command_policies" },
        { "{\"allow_gpu\":true}", "allow_gpu" },
        { "{\"credential_routes\":[1]}", "credential_routes" },
        { "{\"allow_gpu\":null}", NULL },
    };
    static const struct named named[] = {
        { "elevated", "{\"security\":{\"capability_elevation\":true}}", PROFILE_JSON, NULL }, { 0 }
    };
    documents = named;
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        struct error fault = { 0 };
        assert_ok(resolve(arena, PROFILE_JSON, cases[i].json, NULL, &profile, &err));
        assert_int_equal(profile->unsupported.count, cases[i].key != NULL);
        if (cases[i].key)
            assert_string_equal(LIST_AT(profile->unsupported, struct profile_note, 0)->key,
                                cases[i].key);
        assert_int_equal(profile_check_supported(profile, &fault), !cases[i].key);
    }
    documents = NULL;
}

static const struct {
    enum profile_syntax syntax;
    const char *text, *message, *hint;
} faults[] = {
    { PROFILE_TOML, "[filesystem]\nraed = []", "p:2:1: filesystem.raed: unknown key",
      "did you mean \"read\"?" },
    { PROFILE_TOML, "filesistem.read = []", "p:1:1: filesistem: unknown key",
      "did you mean \"filesystem\"?" },
    { PROFILE_TOML, "\"program\\u0000x\" = 'a'", "p:1:1: program: unknown key", NULL },
    { PROFILE_JSON, "{\"filesystem\": {\"read\": \"/a\"}}",
      "p:1:25: filesystem.read: expected a list of paths, found text", NULL },
    { PROFILE_YAML, "network: [a]", "p:1:10: network: expected a table, found a list", NULL },
    { PROFILE_YAML, "filesystem:\n  read:\n    - $HOEM/x", "p:3:7: there is no variable $HOEM",
      "did you mean $HOME?" },
    { PROFILE_TOML, "filesystem.read=['$']", "p:1:18: a $ that begins no variable", NULL },
    { PROFILE_TOML, "filesystem.read=['${HOME']", "p:1:18: a $ that begins no variable", NULL },
    { PROFILE_TOML, "filesystem.read=['/a/../b']", "p:1:18: \"/a/../b\": a path cannot have ..",
      NULL },
    { PROFILE_TOML, "filesystem.read=['/a?']",
      "p:1:18: \"/a?\": of patterns only * and ** are known, not ?, [ and {a,b}", NULL },
    { PROFILE_TOML, "filesystem.read=['']", "p:1:18: an empty path", NULL },
    { PROFILE_TOML, "filesystem.state=['/var/lib/x']",
      "p:1:19: filesystem.state: \"/var/lib/x\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.state=['~']",
      "p:1:19: filesystem.state: \"~\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.state=['~/']",
      "p:1:19: filesystem.state: \"~/\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.state=['~/.x*']",
      "p:1:19: filesystem.state: \"~/.x*\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.state=['$WORKDIR/x']",
      "p:1:19: filesystem.state: \"$WORKDIR/x\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.state=['${HOME/x']",
      "p:1:19: filesystem.state: \"${HOME/x\": a folder in the user's own, ~/.agent say", NULL },
    { PROFILE_TOML, "filesystem.deny=['$XDG_RUNTIME_DIR/x']",
      "p:1:18: $XDG_RUNTIME_DIR has no value here", NULL },
    { PROFILE_TOML, "filesystem.read=[{path='/a', wen='linux'}]",
      "p:1:30: filesystem.read: unknown key \"wen\"", NULL },
    { PROFILE_TOML, "filesystem.read=[{when='linux'}]",
      "p:1:18: filesystem.read: an entry without \"path\"", NULL },
    { PROFILE_TOML, "filesystem.read=[{path='/a', when='linux:'}]",
      "p:1:35: when: \"linux:\" is no condition", NULL },
    { PROFILE_TOML, "when='macos'",
      "p:1:6: this profile is not for this machine: its `when` does not hold", NULL },
    { PROFILE_TOML, "network.allow_hosts=['a b']",
      "p:1:22: network.allow_hosts: \"a b\": not a host; for example api.example.org, "
      "*.example.org:443",
      NULL },
    { PROFILE_TOML, "network.network_profile='none'",
      "p:1:25: there is no network profile \"none\"", NULL },
    { PROFILE_TOML, "network.block=1",
      "p:1:15: network.block: expected true or false, found a whole number", NULL },
    { PROFILE_TOML, "network.connect_port=[0]",
      "p:1:23: network.connect_port: expected a port from 1 to 65535, found a whole number", NULL },
    { PROFILE_TOML, "network.open_port_range=[[9,1]]",
      "p:1:26: network.open_port_range: the range ends before it begins", NULL },
    { PROFILE_TOML, "audit.level='loud'", "p:1:13: audit.level: unknown value \"loud\"",
      "one of: standard, none, supervised" },
    { PROFILE_TOML, "workdir='all'", "p:1:9: workdir: unknown value \"all\"",
      "one of: none, read, write, readwrite" },
    { PROFILE_TOML, "workdir={acces='read'}", "p:1:10: workdir: unknown key \"acces\"", NULL },
    { PROFILE_TOML, "environment.set_vars={PATH='x'}",
      "p:1:23: environment.set_vars: PATH cannot be set", NULL },
    { PROFILE_TOML, "environment.set_vars={'A=B'='x'}",
      "p:1:23: environment.set_vars: not a variable's name", NULL },
    { PROFILE_TOML, "session_hooks.before={timeout_secs=1}",
      "p:1:22: session_hooks.before: script: missing", NULL },
    { PROFILE_TOML, "session_hooks.before={script='/x',timeout_secs=0}",
      "p:1:48: session_hooks.before: expected seconds from 1 to 3600, found a whole number", NULL },
    { PROFILE_TOML, "session_hooks.before={skript='/x'}",
      "p:1:23: session_hooks.before: unknown key \"skript\"", NULL },
    { PROFILE_TOML, "filesystem.deny=['/d/*.{env,key}']",
      "p:1:18: \"/d/*.{env,key}\": of patterns only * and ** are known, not ?, [ and {a,b}", NULL },
    { PROFILE_TOML, "filesystem.deny=['~root/x']",
      "p:1:18: \"~root/x\": another user's home folder has to be written out", NULL },
    { PROFILE_JSON, "[]", "p:1:1: expected a profile, found a list", NULL },
    { PROFILE_JSON, "null", "p:1:1: expected a profile, found null", NULL },
    { PROFILE_JSON, "{\"platform_overrides\":{\"linus\":{}}}", "p:1:24: linus: unknown key", NULL },
    { PROFILE_JSON, "{\"platform_overrides\":{\"linux\":{\"extends\":\"a\"}}}",
      "p:1:32: platform_overrides: cannot extend", NULL },
    { PROFILE_JSON, "{\"network\":{\"custom_credentials\":{\"a\":{\"upstrem\":\"x\"}}}}",
      "p:1:40: network.custom_credentials.a: unknown key \"upstrem\"",
      "did you mean \"upstream\"?" },
    { PROFILE_JSON, "{\"filesystem\":{\"read\":[\"a\\u0000b\"]}}",
      "p:1:24: filesystem.read: contains NUL", NULL },
};

static void faults_name_place_key_and_suggestion(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        struct error fault = { 0 };
        assert_false(resolve(arena, faults[i].syntax, faults[i].text, NULL, &profile, &fault));
        assert_string_equal(fault.message, faults[i].message);
        assert_int_equal(fault.kind, ERROR_INVALID);
        if (faults[i].hint)
            assert_string_equal(fault.hint, faults[i].hint);
    }
}

static void variables_have_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *written, *path;
    } cases[] = {
        { "~", "/home/u" },
        { "~x", "/home/u/project/~x" },
        { "$HOME/./a//b/", "/home/u/a/b" },
        { "${HOME}x", "/home/ux" },
        { "/a/{b}", "/a/{b}" },
        { "$WORKDIR", "/home/u/project" },
        { "$TMPDIR/x", "/var/tmp/u/x" },
        { "/tmp/c-$UID", "/tmp/c-1000" },
        { "$XDG_CONFIG_HOME", "/home/u/.config" },
        { "$XDG_DATA_HOME", "/home/u/.local/share" },
        { "$XDG_STATE_HOME", "/home/u/.local/state" },
        { "$XDG_CACHE_HOME", "/home/u/.cache" },
        { "$NONO_CONFIG/p", "/home/u/.config/nono/p" },
        { "$NONO_PACKAGES", "/home/u/.config/nono/packages" },
        { "$PACK_DIR/bin", "/pk/bin" },
        { "/", "/" },
        { ".", "/home/u/project" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        const char *text =
            arena_printf(arena, "extends=[]\nfilesystem.read=['%s']", cases[i].written);
        assert_ok(resolve(arena, PROFILE_TOML, text, NULL, &profile, &err));
        assert_string_equal(LIST_AT(profile->grants, struct profile_path, 0)->path, cases[i].path);
        assert_string_equal(LIST_AT(profile->grants, struct profile_path, 0)->written,
                            cases[i].written);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML, "extends=[]\nfilesystem.read=['$XDG_RUNTIME_DIR']", NULL,
                      &profile, &err));
    assert_int_equal(profile->grants.count, 0);
    assert_int_equal(profile->warnings.count, 1);
}

static void state_is_a_grant_of_a_folder_that_is_made(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML,
                      "[filesystem]\nread=['/home/u/.a']\nstate=['~/.a','${HOME}/.b',"
                      "{path='$HOME/.c',when='macos'}]\nwrite=['~/.d']",
                      NULL, &profile, &err));
    assert_true(grant_of(profile, "/home/u/.a")->is_state);
    assert_int_equal(grant_of(profile, "/home/u/.a")->access, RX | PROFILE_WRITE);
    assert_true(grant_of(profile, "/home/u/.b")->is_state);
    assert_null(grant_of(profile, "/home/u/.c"));
    assert_false(grant_of(profile, "/home/u/.d")->is_state);
    const char *text = json_print(profile_print(profile, arena), JSON_COMPACT_KEPT, arena);
    assert_non_null(strstr(text, "\"path\":\"/home/u/.b\",\"written\":\"${HOME}/.b\","
                                 "\"access\":[\"read\",\"write\",\"execute\"],\"state\":true"));
}

static void the_model_prints_as_a_document(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(
        arena, PROFILE_TOML,
        "[filesystem]\nunix_socket_bind=['/run/x/s']\nunix_socket_dir=['/run/y']\n"
        "unix_socket_subtree_bind=['/run/z']\n[environment]\nallow_vars=['HOME']\n"
        "deny_vars=['AWS_*']\nset_vars={CI='1'}\n[network]\nallow_hosts=['a.example:8443']\n"
        "listen_port=[80]\nopen_port_range=[[1,9]]\n[session_hooks]\nafter={script='/h'}\n"
        "[credentials]\nkeystore='env'\n",
        NULL, &profile, &err));
    const char *text = json_print(profile_print(profile, arena), JSON_COMPACT_KEPT, arena);
    static const char *const parts[] = {
        "\"network\":{\"mode\":\"hosts\",\"allow_hosts\":[{\"host\":\"a.example\",\"port\":8443",
        "\"access\":[\"read\",\"connect\",\"bind\"],\"file\":true",
        "\"localhost_ports\":[\"1-9\"],\"listen_ports\":[\"80\"]",
        "\"environment\":{\"allow\":[\"HOME\"],\"deny\":[\"AWS_*\"],\"set\":{\"CI\":\"1\"}}",
        "\"after\":{\"script\":\"/h\",\"timeout_secs\":30",
        "\"unsupported\":[{\"key\":\"credentials.keystore\"",
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!strstr(text, parts[i]))
            fail_msg("no %s in %s", parts[i], text);
    assert_int_equal(grant_of(profile, "/run/x")->access, PROFILE_READ | PROFILE_WRITE);
    assert_true(grant_of(profile, "/run/y")->access & PROFILE_CHILDREN);
    assert_false(grant_of(profile, "/run/z")->access & PROFILE_CHILDREN);
}

static void old_names_still_work_with_a_warning(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(
        resolve(arena, PROFILE_JSON,
                "{\"policy\":{\"add_allow_write\":[\"/w\"],\"add_deny_access\":[\"/d\"],"
                "\"exclude_groups\":[\"user_tools\"]},\"network\":{\"proxy_allow\":[\"a.example\"],"
                "\"allow_port\":[8080]},\"security\":{\"groups\":[\"git_config\"]}}",
                NULL, &profile, &err));
    assert_int_equal(grant_of(profile, "/w")->access, PROFILE_WRITE);
    assert_true(denied(profile, "/d"));
    assert_null(grant_of(profile, "/home/u/.local/bin"));
    assert_non_null(grant_of(profile, "/home/u/.gitconfig"));
    assert_int_equal(profile->network, PROFILE_NETWORK_HOSTS);
    assert_int_equal(profile->warnings.count, 6);
}

static void platform_overrides_come_on_top(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_JSON,
                      "{\"platform_overrides\":{\"linux\":{\"binary\":\"l\"},\"macos\":{\"binary\":"
                      "\"m\"}},\"binary\":\"x\"}",
                      NULL, &profile, &err));
    assert_string_equal(profile->program, "l");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(execute_lists_take_execution_from_all_else),
        cmocka_unit_test(the_articles_profile_parses_whole),
        cmocka_unit_test(what_nobody_holds_is_noted_and_can_be_taken_back),
        cmocka_unit_test(faults_name_place_key_and_suggestion),
        cmocka_unit_test(variables_have_their_values),
        cmocka_unit_test(state_is_a_grant_of_a_folder_that_is_made),
        cmocka_unit_test(the_model_prints_as_a_document),
        cmocka_unit_test(old_names_still_work_with_a_warning),
        cmocka_unit_test(platform_overrides_come_on_top),
    };
    return cmocka_run_group_tests_name("lib/profile/keys", tests, NULL, NULL);
}
