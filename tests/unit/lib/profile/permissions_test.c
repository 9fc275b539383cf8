/* USES lib/json */
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "lib/profile/permissions.h"
#include "tests/support/profile.h"

static void summary(struct arena *arena, enum profile_syntax syntax, const char *text,
                    struct permissions *out)
{
    struct profile_env env = env_of();
    env.platform = NULL; /* a pack's, for any machine */
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = syntax, .file = "p", .pack = "ns/p"
    };
    struct profile *profile;
    assert_ok(profile_resolve(&env, "p", &document, NULL, arena, &profile, &err));
    permissions_of(profile, arena, out);
}

static bool has(const struct list *lines, enum permission_risk risk, const char *text)
{
    LIST_FOREACH (*lines, struct permission_line, line)
        if (strcmp(line->text, text) == 0)
            return line->risk == (int)risk;
    return false;
}

static const char full[] =
    "groups = ['git_config']\nworkdir = 'readwrite'\n"
    "[filesystem]\nread = ['/data', {path='~/x', when='linux'}, {path='~/y', when=['macos','windows']}]\n"
    "write = ['$HOME', '~/.agent']\ndeny = ['$WORKDIR/.env']\nbypass_protection = ['~/.ssh']\n"
    "execute = ['/usr/bin/git']\nunix_socket = ['/run/x']\n"
    "[network]\nallow_hosts = ['api.example.org', '*']\ndeny_hosts = ['bad.example.org']\n"
    "connect_port = [5432]\nlisten_port_range = [[8000, 8010]]\ncredentials = ['openai']\n"
    "[credentials]\nkeystore = '1password'\n[security]\nipc_mode = 'full'\nsignal_mode='allow_all'\n"
    "[environment]\nallow_vars = ['HOME']\ndeny_vars = ['AWS_*']\nset_vars = {CI='1'}\n"
    "[session_hooks]\nbefore = {script = '${PACK_DIR}/h'}\nafter = {script = '$PACK_DIR/bin/x.sh'}\n";

static void a_summary_has_what_was_written_for_every_platform(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    summary(arena, PROFILE_TOML, full, &permissions);
    const char *json = json_encode(&permissions_record, &permissions, arena);
    static const char *const parts[] = {
        "{\"path\":\"/data\"}",
        "{\"path\":\"~/x\",\"when\":\"linux\"}",
        "{\"path\":\"~/y\",\"when\":\"macos or windows\"}",
        "{\"path\":\"~/.gitconfig\",\"reason\":\"group git_config\"}",
        "\"deny\":[{\"path\":\"$WORKDIR/.env\"}]",
        "\"execute\":[{\"path\":\"/usr/bin/git\"}]",
        "\"execute_mode\":\"listed\"",
        "\"network\":\"hosts\"",
        "\"ports\":[\"connect 5432\",\"listen 8000-8010\"]",
        ("\"hooks\":[{\"event\":\"before\",\"script\":\"${PACK_DIR}/h\"},{\"event\":\"after\","
         "\"script\":\"$PACK_DIR/bin/x.sh\"}]"),
        "\"environment\":[\"pass HOME\",\"drop AWS_*\",\"set CI\"]",
        "\"credentials\":[\"openai\",\"keystore 1password\"]",
        "\"groups\":[\"git_config\"]",
        "\"extends\":[\"default\"]",
        "\"workdir\":\"readwrite\"",
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!strstr(json, parts[i]))
            fail_msg("no %s in %s", parts[i], json);
    assert_null(strstr(json, "/etc/ssl")); /* everybody's */

    struct permissions again;
    assert_ok(json_decode(json, strlen(json), &permissions_record, arena, &again, &err));
    assert_string_equal(json_encode(&permissions_record, &again, arena), json);
}

/* What is left out is told by where it comes from: no name of a profile hides what it asks. */
static void only_the_built_in_default_is_left_out(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    env.platform = NULL;
    const char *text = "extends = []\nfilesystem.write = ['/secret']";
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = PROFILE_TOML, .file = "p", .pack = "ns/p"
    };
    static const char *const names[] = { "default", "group deny_credentials" };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct profile *profile;
        struct permissions permissions;
        assert_ok(profile_resolve(&env, names[i], &document, NULL, arena, &profile, &err));
        permissions_of(profile, arena, &permissions);
        assert_int_equal(permissions.read.count, 1);
        assert_int_equal(permissions.write.count, 1);
    }
}

/* /opt/x is the pack's group's alone; /usr is everybody's to read, and its to write. */
static void more_than_everybody_gets_is_seen_at_the_same_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    static const char *const texts[] = {
        "groups = ['pack_usr']",
        "extends = []\ngroups = ['pack_usr', 'system_read_linux_core']",
        "extends = []\ngroups = ['system_read_linux_core', 'pack_usr']",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        summary(arena, PROFILE_TOML, texts[i], &permissions);
        const char *json = json_encode(&permissions_record, &permissions, arena);
        assert_int_equal(permissions.write.count, 1);
        const struct permission_path *path = LIST_AT(permissions.write, struct permission_path, 0);
        assert_string_equal(path->path, "/usr");
        assert_string_equal(path->reason, "group pack_usr");
        assert_null(strstr(json, "system_read"));
    }
}

static void words_put_the_gravest_first(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    struct list lines;
    summary(arena, PROFILE_TOML, full, &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_GRAVE, "may read and change $HOME"));
    assert_true(has(&lines, PERMISSION_GRAVE, "may connect to any host"));
    assert_true(has(&lines, PERMISSION_GRAVE, "lifts the protection of ~/.ssh"));
    assert_true(has(&lines, PERMISSION_GRAVE,
                    "runs ${PACK_DIR}/h outside the sandbox, before each session"));
    assert_true(has(&lines, PERMISSION_GRAVE, "uses the credential openai"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may read and change ~/.agent"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may be connected to, on port 8000-8010"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may connect to port 5432"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may talk to other programs through /run/x"));
    assert_true(has(&lines, PERMISSION_PLAIN, "may read ~/x (linux)"));
    assert_true(has(&lines, PERMISSION_PLAIN, "never touches $WORKDIR/.env"));
    assert_true(has(&lines, PERMISSION_PLAIN, "never connects to bad.example.org"));
    assert_true(has(&lines, PERMISSION_PLAIN, "may run /usr/bin/git"));
    int last = PERMISSION_GRAVE;
    LIST_FOREACH (lines, struct permission_line, line) {
        assert_true(line->risk <= last);
        last = line->risk;
    }
    summary(arena, PROFILE_JSON, "{}", &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_GRAVE, "may connect to any host, unfiltered"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may write to /tmp (linux)") ||
                has(&lines, PERMISSION_PLAIN, "may write to /tmp (linux)"));
    summary(arena, PROFILE_TOML, "workdir='read'\nsecurity.signal_mode='allow_same_sandbox'",
            &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_PLAIN, "has no network"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "asks for signals within the sandbox"));
}

static void any_host_is_any_however_it_is_written(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const struct {
        const char *host, *text;
        enum permission_risk risk;
    } cases[] = {
        { "*", "may connect to any host", PERMISSION_GRAVE },
        { "*:443", "may connect to any host (*:443)", PERMISSION_GRAVE },
        { "https://*", "may connect to any host (https://*)", PERMISSION_GRAVE },
        { "*/", "may connect to any host (*/)", PERMISSION_GRAVE },
        { "*.com", "may connect to *.com", PERMISSION_GRAVE },
        { "*.example.org", "may connect to *.example.org", PERMISSION_NOTABLE },
        { "example.org:443", "may connect to example.org:443", PERMISSION_NOTABLE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct permissions permissions;
        struct list lines;
        summary(arena, PROFILE_TOML,
                arena_printf(arena, "network.allow_hosts = ['%s']", cases[i].host), &permissions);
        permissions_words(&permissions, arena, &lines);
        assert_true(has(&lines, cases[i].risk, cases[i].text));
    }
}

static void what_holds_always_is_said_once(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    struct list lines;
    summary(arena, PROFILE_TOML,
            "[filesystem]\nread = ['~/a', {path='~/a', when='program:go'}, '~/b']\n"
            "write = [{path='~/b', when='program:go'}, '/home/*', {path='~/c', when='linux'}]\n",
            &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_PLAIN, "may read ~/a"));
    assert_false(has(&lines, PERMISSION_PLAIN, "may read ~/a (program:go)"));
    assert_true(has(&lines, PERMISSION_PLAIN, "may read ~/b"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may read and change ~/b (program:go)"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may read and change ~/c (linux)"));
    assert_true(has(&lines, PERMISSION_GRAVE, "may read and change /home/*"));

    summary(arena, PROFILE_TOML, "filesystem.write = ['/home/u*', '/home/u*/x']\n", &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_GRAVE, "may read and change /home/u*"));
    assert_true(has(&lines, PERMISSION_NOTABLE, "may read and change /home/u*/x"));
}

static void a_difference_tells_wider_from_narrower(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions before, after;
    struct list changes;
    summary(arena, PROFILE_TOML, "filesystem.read=['/a','/b']\nfilesystem.deny=['/a/x','/a/z']",
            &before);
    summary(arena, PROFILE_TOML,
            "filesystem.read=['/a']\nfilesystem.write=['/c']\nfilesystem.deny=['/a/x','/a/y']\n"
            "network.allow_hosts=['h.example']",
            &after);
    permissions_diff(&before, &after, arena, &changes);
    static const struct permission_change expected[] = {
        { true, "files", "now: may read and change /c" },
        { true, "network", "now: may connect to h.example" },
        { true, "files", "no longer: never touches /a/z" },
        { true, "network", "no longer: has no network" },
        { false, "files", "now: never touches /a/y" },
        { false, "files", "no longer: may read /b" },
    };
    assert_int_equal(changes.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct permission_change *change = LIST_AT(changes, struct permission_change, i);
        assert_string_equal(change->text, expected[i].text);
        assert_string_equal(change->area, expected[i].area);
        assert_int_equal(change->widened, expected[i].widened);
    }
    permissions_diff(&after, &after, arena, &changes);
    assert_int_equal(changes.count, 0);
}

/* A built-in group's writing is known to be harmless; a pack's may be the home folder's. */
static void what_a_packs_group_lets_write_deserves_notice(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions permissions;
    struct list lines;
    summary(arena, PROFILE_TOML, "groups = ['pack_usr2', 'claude_code_linux']", &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_NOTABLE, "may write to /usr/two (linux)"));
    size_t plain = 0;
    LIST_FOREACH (lines, struct permission_line, line)
        plain += line->risk == PERMISSION_PLAIN && strstr(line->text, "change");
    assert_true(plain > 0);
}

static void a_union_asks_what_either_asks(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct permissions all = { 0 }, one;
    static const char *const texts[] = {
        "workdir = 'read'\nfilesystem.read = ['/a']\nfilesystem.deny = ['/a/x']\n",
        "workdir = 'write'\nfilesystem.execute = ['/b']\nnetwork.allow_hosts = ['h.example']\n",
        "filesystem.write = ['/c']\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        summary(arena, PROFILE_TOML, texts[i], &one);
        assert_ok(permissions_widen(&all, &one, arena, &err));
        assert_int_equal(all.deny.count, i == 0); /* it narrows the first alone */
    }
    assert_string_equal(all.workdir, "readwrite");
    assert_int_equal(all.network, PROFILE_NETWORK_HOSTS);
    assert_int_equal(all.execute_mode, PERMISSIONS_EXECUTE_READABLE);
    assert_int_equal(all.read.count, 3); /* what is run or changed is read */
    assert_int_equal(all.write.count, 1);
    assert_int_equal(all.hosts.count, 1);
}

static void a_packs_groups_are_what_they_give_to_others(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env = env_of();
    env.platform = NULL;
    const char *text = "{\"a_\\\"1\":{\"allow\":{\"readwrite\":[\"$HOME\"]}},"
                       "\"a_2\":{\"platform\":\"macos\",\"allow\":{\"read\":[\"/two\"]}}}";
    struct profile_text table = {
        .text = text, .len = strlen(text), .syntax = PROFILE_JSON, .file = "g.json", .pack = "ns/p"
    };
    struct profile *profile;
    struct permissions permissions;
    struct list lines;
    assert_ok(profile_resolve_groups(&env, &table, arena, &profile, &err));
    permissions_of(profile, arena, &permissions);
    permissions_words(&permissions, arena, &lines);
    assert_true(has(&lines, PERMISSION_GRAVE, "may read and change $HOME"));
    assert_true(has(&lines, PERMISSION_PLAIN, "may read /two (macos)"));
    assert_int_equal(permissions.groups.count, 2);
    assert_int_equal(permissions.network, PROFILE_NETWORK_CLOSED);

    table.text = "[]";
    table.len = 2;
    assert_fails(profile_resolve_groups(&env, &table, arena, &profile, &err), INVALID);
    const char *many = "{\"g\":{}";
    for (int i = 0; i < LIMIT_PACK_GROUPS; i++)
        many = arena_printf(arena, "%s,\"g%d\":{}", many, i);
    table.text = arena_printf(arena, "%s}", many);
    table.len = strlen(table.text);
    assert_fails(profile_resolve_groups(&env, &table, arena, &profile, &err), TOO_LARGE);
}

/* Last: what is kept stays. */
static void what_is_built_in_says_the_same_once_it_is_kept(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_text text;
    const char *said[2];
    for (int i = 0; i < 2; i++) {
        struct permissions permissions;
        profile_group_find("git_config", &text);
        assert_int_equal(text.doc != NULL, i);
        summary(arena, PROFILE_TOML, full, &permissions);
        said[i] = json_encode(&permissions_record, &permissions, arena);
        profile_builtin_keep();
    }
    assert_string_equal(said[0], said[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_has_what_was_written_for_every_platform),
        cmocka_unit_test(only_the_built_in_default_is_left_out),
        cmocka_unit_test(more_than_everybody_gets_is_seen_at_the_same_place),
        cmocka_unit_test(words_put_the_gravest_first),
        cmocka_unit_test(any_host_is_any_however_it_is_written),
        cmocka_unit_test(what_holds_always_is_said_once),
        cmocka_unit_test(what_a_packs_group_lets_write_deserves_notice),
        cmocka_unit_test(a_union_asks_what_either_asks),
        cmocka_unit_test(a_packs_groups_are_what_they_give_to_others),
        cmocka_unit_test(a_difference_tells_wider_from_narrower),
        cmocka_unit_test(what_is_built_in_says_the_same_once_it_is_kept),
    };
    return cmocka_run_group_tests_name("lib/profile/permissions", tests, NULL, NULL);
}
