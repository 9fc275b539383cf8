/* USES lib/json */
#include <fcntl.h>
#include <stdlib.h>

#include "lib/base/files.h"
#include "lib/profile/resolver.h"
#include "tests/support/profile.h"

static void ours_denies_until_named(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML, "[filesystem]\nread = ['/a', '~/b']\nwrite = ['./c']\n",
                      NULL, &profile, &err));
    assert_int_equal(grant_of(profile, "/a")->access, RX);
    assert_int_equal(grant_of(profile, "/home/u/b")->access, RX);
    assert_int_equal(grant_of(profile, "/home/u/project/c")->access, RX | PROFILE_WRITE);
    assert_int_equal(grant_of(profile, "/usr")->access, RX);
    assert_null(grant_of(profile, "/tmp"));
    assert_int_equal(profile->network, PROFILE_NETWORK_CLOSED);
    assert_true(profile->audit_integrity);
    assert_int_equal(profile->unsupported.count, 0);
    assert_int_equal(grant_of(profile, "/a")->origin.line, 2);
}

static void the_original_keeps_its_meanings(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_JSON,
                      "{\"filesystem\":{\"write\":[\"/w\"],\"allow\":[\"/a\"],\"read\":[\"/r\"],"
                      "\"write_file\":[\"/f\"]}}",
                      NULL, &profile, &err));
    assert_int_equal(grant_of(profile, "/w")->access, PROFILE_WRITE);
    assert_int_equal(grant_of(profile, "/f")->access, PROFILE_WRITE);
    assert_true(grant_of(profile, "/f")->is_file);
    assert_int_equal(grant_of(profile, "/a")->access, RX | PROFILE_WRITE);
    assert_int_equal(grant_of(profile, "/r")->access, RX);
    assert_int_equal(grant_of(profile, "/tmp")->access, PROFILE_WRITE);
    assert_int_equal(grant_of(profile, "/var/tmp/u")->access, PROFILE_WRITE);
    assert_non_null(grant_of(profile, "/home/u/.local/bin"));
    assert_non_null(grant_of(profile, "/etc/hosts"));
    assert_int_equal(profile->network, PROFILE_NETWORK_OPEN);
    assert_false(profile->deny_cloud_metadata);
}

static void networks_are_settled_over_the_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum profile_syntax syntax;
        enum profile_network network;
    } cases[] = {
        { "{}", PROFILE_JSON, PROFILE_NETWORK_OPEN },
        { "{\"network\":{\"allow_domain\":[],\"credentials\":[]}}", PROFILE_JSON,
          PROFILE_NETWORK_OPEN },
        { "{\"network\":{\"block\":true}}", PROFILE_JSON, PROFILE_NETWORK_CLOSED },
        { "{\"network\":{\"allow_domain\":[\"a.example\"]}}", PROFILE_JSON, PROFILE_NETWORK_HOSTS },
        { "{\"network\":{\"network_profile\":\"minimal\"}}", PROFILE_JSON, PROFILE_NETWORK_HOSTS },
        { "{\"network\":{\"network_profile\":null}}", PROFILE_JSON, PROFILE_NETWORK_OPEN },
        { "{\"extends\":\"ours\"}", PROFILE_JSON, PROFILE_NETWORK_CLOSED },
        { "{\"extends\":\"blocked\",\"network\":{\"block\":false}}", PROFILE_JSON,
          PROFILE_NETWORK_CLOSED },
        { "{\"extends\":\"blocked\",\"network\":{\"allow_domain\":[\"a.example\"]}}", PROFILE_JSON,
          PROFILE_NETWORK_CLOSED },
        { "{\"extends\":\"preset\"}", PROFILE_JSON, PROFILE_NETWORK_HOSTS },
        { "{\"extends\":\"preset\",\"network\":{\"network_profile\":null}}", PROFILE_JSON,
          PROFILE_NETWORK_OPEN },
        { "", PROFILE_TOML, PROFILE_NETWORK_CLOSED },
        { "extends='open'", PROFILE_TOML, PROFILE_NETWORK_CLOSED },
        { "network.allow_hosts=[]", PROFILE_TOML, PROFILE_NETWORK_CLOSED },
        { "network.allow_hosts=['*']", PROFILE_TOML, PROFILE_NETWORK_HOSTS },
        { "network.open=true", PROFILE_TOML, PROFILE_NETWORK_OPEN },
        { "network.allow_endpoints=['a.example:443']", PROFILE_TOML, PROFILE_NETWORK_HOSTS },
        { "network: {allow_hosts: [a.example]}", PROFILE_YAML, PROFILE_NETWORK_HOSTS },
        { "", PROFILE_YAML, PROFILE_NETWORK_CLOSED },
    };
    static const struct named named[] = {
        { "ours", "", PROFILE_TOML, NULL },
        { "open", "{}", PROFILE_JSON, NULL },
        { "blocked", "{\"network\":{\"block\":true}}", PROFILE_JSON, NULL },
        { "preset", "{\"network\":{\"network_profile\":\"developer\"}}", PROFILE_JSON, NULL },
        { 0 },
    };
    documents = named;
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        assert_ok(resolve(arena, cases[i].syntax, cases[i].text, NULL, &profile, &err));
        if (profile->network != cases[i].network)
            fail_msg("%s: network %d", cases[i].text, (int)profile->network);
        assert_int_equal(profile->deny_cloud_metadata, profile->network != PROFILE_NETWORK_OPEN);
    }
    documents = NULL;
}

static void bases_are_applied_once_and_first(void **state)
{
    (void)state;
    static const struct named named[] = {
        { "a", "description='a'\nworkdir='read'\nfilesystem.read=['/a']", PROFILE_TOML, NULL },
        { "b",
          "{\"extends\":\"a\",\"meta\":{\"description\":\"b\"},\"workdir\":{\"access\":\"none\"}}",
          PROFILE_JSON, NULL },
        { "c", "extends: [b, a]\nfilesystem: {read: [/c]}\n", PROFILE_YAML, NULL },
        { "loop", "extends='pool'", PROFILE_TOML, NULL },
        { "pool", "extends='loop'", PROFILE_TOML, NULL },
        { 0 },
    };
    documents = named;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    struct profile *profile;
    struct error fault = { 0 };
    assert_ok(profile_load(&env, "c", NULL, arena, &profile, &err));
    assert_null(profile->description); /* it has none, and is not what its base is */
    assert_int_equal(profile->workdir, PROFILE_WORKDIR_READ);
    assert_int_equal(profile->parts.count, 4); /* default, a, b, c */
    assert_string_equal(LIST_AT(profile->parts, struct profile_part, 0)->name, "default");
    assert_string_equal(LIST_AT(profile->parts, struct profile_part, 3)->name, "c");
    assert_ok(profile_load(&env, "b", NULL, arena, &profile, &err));
    assert_string_equal(profile->description, "b");

    assert_false(profile_load(&env, "loop", NULL, arena, &profile, &fault));
    assert_string_equal(fault.message, "pool:1:9: extends: \"loop\" comes back to itself");
    assert_false(resolve(arena, PROFILE_TOML, "extends=['none-such']", NULL, &profile, &fault));
    assert_int_equal(fault.kind, ERROR_NOT_FOUND);
    assert_string_equal(fault.message, "p:1:10: extends: there is no profile \"none-such\"");
    assert_fails(resolve(arena, PROFILE_TOML, "extends=3", NULL, &profile, &err), INVALID);
    documents = NULL;
}

static void a_long_chain_of_bases_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct named named[14] = { 0 };
    for (int i = 0; i < 13; i++)
        named[i] =
            (struct named){ arena_printf(arena, "n%d", i),
                            arena_printf(arena, "extends='n%d'", i + 1), PROFILE_TOML, NULL };
    named[12].text = "";
    documents = named;
    struct profile_env env = env_of();
    struct profile *profile;
    assert_ok(profile_load(&env, "n3", NULL, arena, &profile, &err));
    assert_fails(profile_load(&env, "n0", NULL, arena, &profile, &err), INVALID);
    documents = NULL;
}

static void an_empty_extends_leaves_default_out(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(
        resolve(arena, PROFILE_TOML, "extends=[]\nfilesystem.read=['/a']", NULL, &profile, &err));
    assert_int_equal(profile->grants.count, 1);
    assert_int_equal(profile->denies.count, 0);
    assert_int_equal(profile->groups.count, 0);
}

static void protections_hold_until_lifted_by_name(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_TOML, "filesystem.read=['~/.ssh/known_hosts']", NULL, &profile,
                      &err));
    assert_true(denied(profile, "/home/u/.ssh"));
    assert_int_equal(profile->warnings.count, 1);
    assert_ok(resolve(arena, PROFILE_TOML,
                      "filesystem.read=['~/.ssh']\nfilesystem.bypass_protection=['~/.ssh']", NULL,
                      &profile, &err));
    assert_false(denied(profile, "/home/u/.ssh"));
    assert_true(denied(profile, "/home/u/.aws"));
    assert_int_equal(profile->warnings.count, 0);
    assert_ok(resolve(arena, PROFILE_TOML,
                      "filesystem.deny=['/x']\nfilesystem.bypass_protection=['/x']", NULL, &profile,
                      &err));
    assert_true(denied(profile, "/x")); /* a profile's own deny is not a group's */
}

static void groups_are_included_excluded_and_required(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    struct error fault = { 0 };
    assert_ok(
        resolve(arena, PROFILE_JSON,
                "{\"groups\":{\"include\":[\"git_config\",{\"name\":\"rust_runtime\",\"when\":"
                "\"macos\"},\"vscode_macos\",\"pack_tools\"],\"exclude\":[\"user_tools\"]}}",
                NULL, &profile, &err));
    assert_non_null(grant_of(profile, "/home/u/.gitconfig"));
    assert_null(grant_of(profile, "/home/u/.rustup"));
    assert_null(grant_of(profile, "/home/u/.local/bin"));
    assert_null(grant_of(profile, "/home/u/.vscode"));
    assert_non_null(grant_of(profile, "/opt/x"));
    assert_non_null(grant_of(profile, "/opt/tools"));
    assert_true(denied(profile, "/opt/x/secret"));
    assert_fails(profile_check_command(profile, "/bin/rm", &err), DENIED);
    assert_ok(profile_check_command(profile, "/bin/cp", &err));
    assert_ok(
        resolve(arena, PROFILE_TOML, "commands.deny=['/usr/sbin/chpasswd']", NULL, &profile, &err));
    assert_fails(profile_check_command(profile, "chpasswd", &err), DENIED);
    assert_ok(profile_check_command(profile, "sbin", &err));

    assert_false(resolve(arena, PROFILE_TOML, "groups={exclude=['deny_credentials']}", NULL,
                         &profile, &fault));
    assert_string_equal(fault.message, "p:1:18: the group deny_credentials cannot be excluded");
    assert_false(resolve(arena, PROFILE_TOML, "groups=['node_runtme']", NULL, &profile, &fault));
    assert_string_equal(fault.message, "p:1:9: there is no group \"node_runtme\"");
    assert_string_equal(fault.hint, "did you mean \"node_runtime\"?");
    assert_fails(resolve(arena, PROFILE_TOML, "groups=['bad']", NULL, &profile, &err), INVALID);
    assert_fails(resolve(arena, PROFILE_TOML, "groups=['odd']", NULL, &profile, &err), INVALID);
    assert_fails(resolve(arena, PROFILE_TOML, "groups={exclude=['nothing']}", NULL, &profile, &err),
                 INVALID);
}

static void a_group_is_what_its_document_says(void **state)
{
    (void)state;
    size_t foreign = 0, required = 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (const char *const *name = profile_group_names(); *name; name++) {
        struct profile_text text;
        struct doc *doc;
        profile_group_find(*name, &text);
        assert_ok(profile_parse(&text, arena, &doc, &err));
        const char *system = doc_text(doc, "platform");
        bool expected = system && strcmp(system, "linux") != 0;
        const struct doc *needed = doc_find(doc, "required");
        bool is_required = needed && needed->kind == DOC_BOOL && needed->boolean;
        assert_int_equal(profile_group_is_foreign(*name, "linux"), expected);
        assert_int_equal(profile_group_is_required(&text), is_required);
        foreign += expected;
        required += is_required;
    }
    assert_true(foreign > 5);
    assert_true(required > 5);
    assert_false(profile_group_is_foreign("none of ours", "linux"));
}

static void a_profiles_own_word_goes_before_a_groups(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(resolve(arena, PROFILE_JSON, "{\"filesystem\":{\"read\":[\"/tmp\"]}}", NULL, &profile,
                      &err));
    assert_int_equal(grant_of(profile, "/tmp")->access, RX);
    assert_ok(resolve(arena, PROFILE_JSON,
                      "{\"filesystem\":{\"read\":[\"/a\"],\"write\":[\"/a/\"]}}", NULL, &profile,
                      &err));
    assert_int_equal(grant_of(profile, "/a")->access, RX | PROFILE_WRITE);
}

static void the_command_line_comes_on_top(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    struct error fault = { 0 };
    const struct profile_override_path paths[] = {
        { "src", "--allow", RX | PROFILE_WRITE, false },
        { "/etc/a*b", "--read-file", RX, true },
        { "/home/u/.ssh", "--read", RX, false },
    };
    const char *const hosts[] = { "api.example.org", NULL }, *const bypass[] = { "/home/u/.ssh",
                                                                                 NULL };
    const char *const denied_hosts[] = { "x.example.org", NULL };
    const char *const extends[] = { "node-dev", NULL };
    const uint16_t ports[] = { 80, 0 };
    struct profile_overrides overrides = { .paths = paths,
                                           .path_count = 3,
                                           .bypass = bypass,
                                           .allow_hosts = hosts,
                                           .deny_hosts = denied_hosts,
                                           .extends = extends,
                                           .connect_ports = ports };
    assert_ok(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err));
    assert_int_equal(grant_of(profile, "/home/u/project/src")->origin.level, PROFILE_FROM_USER);
    assert_true(grant_of(profile, "/etc/a*b")->is_file);
    assert_false(denied(profile, "/home/u/.ssh"));
    assert_int_equal(profile->network, PROFILE_NETWORK_HOSTS);
    assert_non_null(grant_of(profile, "/home/u/.npm"));
    assert_int_equal(profile->connect_ports.count, 1);
    assert_int_equal(profile->deny_hosts.count, 1);

    overrides.block_network = true;
    assert_ok(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err));
    assert_int_equal(profile->network, PROFILE_NETWORK_CLOSED);
    overrides = (struct profile_overrides){ .open_network = true };
    assert_ok(resolve(arena, PROFILE_TOML, "network.block=true", &overrides, &profile, &err));
    assert_int_equal(profile->network, PROFILE_NETWORK_OPEN);

    overrides = (struct profile_overrides){ .bypass = bypass };
    assert_fails(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err), INVALID);
    const struct profile_override_path up[] = { { "../x", "--read", RX, false } };
    overrides = (struct profile_overrides){ .paths = up, .path_count = 1 };
    assert_false(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &fault));
    assert_string_equal(fault.message, "--read: \"../x\": a path cannot have ..");
    const char *const missing[] = { "none-such", NULL }, *const wrong[] = { "a b", NULL };
    overrides = (struct profile_overrides){ .extends = missing };
    assert_fails(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err), NOT_FOUND);
    overrides = (struct profile_overrides){ .allow_hosts = wrong };
    assert_fails(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err), INVALID);
}

static void a_group_never_opens_the_home_folder_for_writing(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    env.home = "/tmp/home/u";
    struct profile_text text = { .text = "{}", .len = 2, .syntax = PROFILE_JSON, .file = "p" };
    struct profile *profile;
    assert_ok(profile_resolve(&env, "t", &text, NULL, arena, &profile, &err));
    assert_null(grant_of(profile, "/tmp"));
    assert_int_equal(profile->warnings.count, 1);
}

static void every_built_in_profile_resolves(void **state)
{
    (void)state;
    for (const char *const *name = profile_builtin_names(); *name; name++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_env env = env_of();
        struct profile *profile;
        assert_ok(profile_load(&env, *name, NULL, arena, &profile, &err));
        assert_non_null(profile->description);
        assert_int_equal(profile->unsupported.count, 0);
        assert_int_not_equal(profile->network, PROFILE_NETWORK_OPEN);
        static const struct profile_platform mac = { .os = "macos", .version = "15.1" };
        env.platform = &mac;
        assert_ok(profile_load(&env, *name, NULL, arena, &profile, &err));
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    for (const char *const *name = profile_group_names(); *name; name++)
        assert_ok(resolve(arena, PROFILE_TOML, arena_printf(arena, "groups=['%s']", *name), NULL,
                          &profile, &err));
}

static void the_default_profile_stays_small(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    struct profile *profile;
    assert_ok(profile_load(&env, "default", NULL, arena, &profile, &err));
    assert_true(profile->grants.count <= 29);
    LIST_FOREACH (profile->grants, struct profile_path, grant)
        assert_null(strstr(grant->path, "/home"));
}

static void nothing_takes_the_place_of_the_default_base(void **state)
{
    (void)state;
    static const struct named packs[] = {
        { "default", "extends=[]\nfilesystem.read=['/x']", PROFILE_TOML, "/pk" }, { 0 }
    };
    static const struct named users[] = {
        { "default", "extends=[]\nfilesystem.read=['/x']", PROFILE_TOML, NULL }, { 0 }
    };
    const char *const extends[] = { "default", NULL };
    const struct profile_overrides overrides = { .extends = extends };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    struct profile *profile;
    documents = packs;
    assert_ok(resolve(arena, PROFILE_TOML, "extends='default'", NULL, &profile, &err));
    assert_null(grant_of(profile, "/x"));
    assert_ok(resolve(arena, PROFILE_TOML, "", &overrides, &profile, &err));
    assert_null(grant_of(profile, "/x"));
    assert_ok(profile_load(&env, "default", NULL, arena, &profile, &err));
    assert_null(grant_of(profile, "/x"));
    documents = users; /* asked for by name it goes first; as a base it does not */
    assert_ok(profile_load(&env, "default", NULL, arena, &profile, &err));
    assert_non_null(grant_of(profile, "/x"));
    assert_ok(resolve(arena, PROFILE_TOML, "extends='default'", NULL, &profile, &err));
    assert_null(grant_of(profile, "/x"));
    documents = NULL;
}

/* A public pack's profile, in arena; without the packs the test is skipped. */
static struct profile *public_profile(const char *pack, struct arena *arena)
{
    const char *file = arena_printf(arena, "../shared/packs/%s/policy.json", pack), *text;
    struct profile *profile = NULL;
    struct error fault;
    size_t len;
    if (!file_read_path(file, 1 << 20, arena, &text, &len, &fault)) {
        print_message("%s is not here: skipped\n", file);
        arena_free(arena);
        skip();
    }
    assert_ok(resolve(arena, PROFILE_JSON, text, NULL, &profile, &err));
    return profile;
}

static void public_packs_resolve(void **state)
{
    (void)state;
    static const char *const packs[] = { "claude", "codex", "opencode" };
    for (size_t i = 0; i < COUNT(packs); i++) {
        struct arena *arena = arena_new();
        const struct profile *profile = public_profile(packs[i], arena);
        assert_ok(profile_check_supported(profile, &err));
        assert_int_equal(profile->network, PROFILE_NETWORK_OPEN);
        assert_int_equal(profile->workdir, PROFILE_WORKDIR_READWRITE);
        assert_non_null(grant_of(profile, "/home/u/.config/nono/profile-drafts"));
        if (strcmp(packs[i], "opencode") == 0) {
            assert_string_equal(profile->hook_before.script, "/pk/bin/ensure-dirs.sh");
            assert_int_equal(profile->hook_before.timeout_s, 10);
        }
        arena_free(arena);
    }
}

static void files_are_loaded_by_path_and_bases_beside_them(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char folder[] = "/tmp/profile-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    CLEANUP(closep) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *leaf = "extends = ['./base.json', 'base.json']\n";
    const char *base = "{ // comment\n\"filesystem\":{\"read\":[\"/b\",],},}";
    struct error fault = { 0 };
    assert_true(file_replace(dir, "agent.toml", leaf, strlen(leaf), 0600, &fault));
    assert_true(file_replace(dir, "base.json", base, strlen(base), 0600, &fault));
    struct profile_env env = env_of();
    struct profile *profile;
    const char *path = arena_printf(arena, "%s/agent.toml", folder);
    assert_ok(profile_load(&env, path, NULL, arena, &profile, &err));
    assert_string_equal(profile->name, "agent");
    assert_non_null(grant_of(profile, "/b"));
    const char *hooked = "session_hooks.before = {script = '$PACK_DIR/h.sh'}\n";
    assert_true(file_replace(dir, "hooked.toml", hooked, strlen(hooked), 0600, &fault));
    path = arena_printf(arena, "%s/hooked.toml", folder);
    assert_fails(profile_load(&env, path, NULL, arena, &profile, &err), INVALID);
    assert_true(file_replace(dir, "package.json", "{}", 2, 0600, &fault));
    assert_ok(profile_load(&env, path, NULL, arena, &profile, &err));
    assert_string_equal(profile->hook_before.script, arena_printf(arena, "%s/h.sh", folder));
    assert_fails(profile_load(&env, "/none/such.toml", NULL, arena, &profile, &err), NOT_FOUND);
    assert_fails(profile_load(&env, "", NULL, arena, &profile, &err), INVALID);
    static const struct named named[] = { { "pk", "extends='/x.toml'", PROFILE_TOML, "/pk" },
                                          { 0 } };
    documents = named;
    assert_fails(profile_load(&env, "pk", NULL, arena, &profile, &err), INVALID);
    documents = NULL;
    assert_fails(profile_load(&env, "claude-cde", NULL, arena, &profile, &err), NOT_FOUND);
    assert_true(tree_remove(AT_FDCWD, folder, &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_denies_until_named),
        cmocka_unit_test(the_original_keeps_its_meanings),
        cmocka_unit_test(networks_are_settled_over_the_whole),
        cmocka_unit_test(bases_are_applied_once_and_first),
        cmocka_unit_test(a_long_chain_of_bases_is_refused),
        cmocka_unit_test(an_empty_extends_leaves_default_out),
        cmocka_unit_test(protections_hold_until_lifted_by_name),
        cmocka_unit_test(groups_are_included_excluded_and_required),
        cmocka_unit_test(a_group_is_what_its_document_says),
        cmocka_unit_test(a_profiles_own_word_goes_before_a_groups),
        cmocka_unit_test(the_command_line_comes_on_top),
        cmocka_unit_test(a_group_never_opens_the_home_folder_for_writing),
        cmocka_unit_test(every_built_in_profile_resolves),
        cmocka_unit_test(the_default_profile_stays_small),
        cmocka_unit_test(nothing_takes_the_place_of_the_default_base),
        cmocka_unit_test(public_packs_resolve),
        cmocka_unit_test(files_are_loaded_by_path_and_bases_beside_them),
    };
    return cmocka_run_group_tests_name("lib/profile/load", tests, NULL, NULL);
}
