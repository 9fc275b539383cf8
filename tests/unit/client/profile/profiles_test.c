/* USES lib/json lib/digest */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/profile/profiles.h"
#include "lib/base/files.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"
#include "tests/support/home.h"

static char home[] = "/tmp/profiles-test-XXXXXX";
static int dir = -1;

#define PACKS ".config/nono/packages/"
#define AGENT \
    "{\"extends\":\"default\",\"meta\":{\"name\":\"agent\",\"description\":\"from the pack\"}}"
#define GROUPS "{\"acme_tools\":{\"description\":\"d\",\"allow\":{\"read\":[\"/opt/acme\"]}}}"

static int world_make(void **state)
{
    (void)state;
    char agent[SHA256_TEXT], groups[SHA256_TEXT];
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (!mkdtemp(home))
        return -1;
    dir = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)setenv("HOME", home, 1);     /* NOLINT(concurrency-mt-unsafe) */
    (void)unsetenv("XDG_CONFIG_HOME"); /* NOLINT(concurrency-mt-unsafe) */
    sha256_hex(AGENT, strlen(AGENT), agent);
    sha256_hex(GROUPS, strlen(GROUPS), groups);
    home_put(dir, ".config/nono/profiles/mine.toml", "description = 'mine'\nprogram = 'mine'\n");
    home_put(dir, ".config/nono/profiles/mine.json", "{}");
    home_put(dir, ".config/nono/profiles/codex.yaml", "description: my own codex\n");
    home_put(dir, ".config/nono/profiles/README.md", "no profile");
    home_put(dir, PACKS "acme/agent/profiles/agent.json", AGENT);
    home_put(dir, PACKS "acme/agent/groups.json", GROUPS);
    home_put(
        dir, PACKS "acme/agent/package.json",
        "{\"schema_version\":1,\"name\":\"agent\",\"version\":\"1.2.0\",\"artifacts\":[{\"type\":"
        "\"profile\",\"path\":\"policy.json\",\"install_as\":\"agent\",\"aliases\":[\"agent-code\"]}]}");
    home_put(dir, PACKS "lockfile.json",
             arena_printf(
                 arena,
                 "{\"lockfile_version\":4,\"registry\":\"http://r\",\"packages\":{\"acme/agent\":{"
                 "\"version\":\"1.2.0\",\"installed_at\":\"2026-01-01T00:00:00Z\",\"pinned\":false,"
                 "\"artifacts\":{\"profiles/agent.json\":{\"sha256\":\"%s\",\"type\":\"profile\"},"
                 "\"groups.json\":{\"sha256\":\"%s\",\"type\":\"groups\"}},\"wiring_record\":[]}}}",
                 agent, groups));
    return 0;
}

static int world_drop(void **state)
{
    (void)state;
    struct error err;
    (void)close(dir);
    return tree_remove(AT_FDCWD, home, &err) ? 0 : -1;
}

static const char *loaded(const char *name, struct arena *arena)
{
    struct profile_env env;
    struct profile *profile;
    assert_ok(profiles_env("/work", arena, &env, &err));
    assert_ok(profile_load(&env, name, NULL, arena, &profile, &err));
    const struct profile_part *last =
        LIST_AT(profile->parts, struct profile_part, profile->parts.count - 1);
    return last->pack ? last->pack : last->file;
}

static void names_are_looked_up_in_order(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(loaded("mine", arena),
                        arena_printf(arena, "%s/.config/nono/profiles/mine.toml", home));
    assert_string_equal(loaded("codex", arena),
                        arena_printf(arena, "%s/.config/nono/profiles/codex.yaml", home));
    assert_string_equal(loaded("agent", arena), "acme/agent");
    assert_string_equal(loaded("agent-code", arena), "acme/agent");
    assert_string_equal(loaded("acme/agent", arena), "acme/agent");
    assert_string_equal(loaded("acme/agent@1.2.0", arena), "acme/agent");
    assert_string_equal(loaded("claude-code", arena), "built-in");
}

static void what_is_not_there_is_said_with_a_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hint;
    } cases[] = {
        { "agnt", "did you mean \"agent\"?" },
        { "acme/other", "nono pull acme/other" },
        { "acme/agent@2.0.0", "nono pull acme/agent@2.0.0 --registry http://r" },
        { "../of-no-file", "`nono profile list` shows those there are" },
        { "..", "`nono profile list` shows those there are" },
        { "a b", "`nono profile list` shows those there are" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_env env;
        struct profile *profile;
        struct error fault = { 0 };
        assert_ok(profiles_env(NULL, arena, &env, &err));
        assert_false(profile_load(&env, cases[i].name, NULL, arena, &profile, &fault));
        assert_int_equal(fault.kind, ERROR_NOT_FOUND);
        assert_string_equal(fault.hint, cases[i].hint);
    }
}

static void groups_of_packs_are_found(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct profile *profile;
    home_put(dir, ".config/nono/profiles/grouped.toml", "extends = []\ngroups = ['acme_tools']\n");
    assert_ok(profiles_env(NULL, arena, &env, &err));
    assert_ok(profile_load(&env, "grouped", NULL, arena, &profile, &err));
    assert_int_equal(profile->grants.count, 1);
    home_put(dir, ".config/nono/profiles/grouped.toml", "groups = ['acme_tool']\n");
    assert_fails(profile_load(&env, "grouped", NULL, arena, &profile, &err), INVALID);
}

static void a_changed_file_of_a_pack_is_not_used(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct profile *profile;
    assert_ok(profiles_env(NULL, arena, &env, &err));
    home_put(dir, PACKS "acme/agent/profiles/agent.json", "{}");
    assert_fails(profile_load(&env, "agent", NULL, arena, &profile, &err), UNTRUSTED);
    assert_fails(profile_load(&env, "acme/agent", NULL, arena, &profile, &err), UNTRUSTED);
    home_put(dir, PACKS "acme/agent/profiles/agent.json", AGENT);
    assert_ok(profile_load(&env, "agent", NULL, arena, &profile, &err));
}

static void the_list_marks_what_is_hidden(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct list entries;
    assert_ok(profiles_env(NULL, arena, &env, &err));
    assert_ok(profiles_list(&env, arena, &entries, &err));
    int mine = 0, codex = 0, alias = 0, hidden = 0;
    LIST_FOREACH (entries, struct profiles_entry, entry) {
        mine += strcmp(entry->name, "mine") == 0;
        codex += strcmp(entry->name, "codex") == 0;
        alias += strcmp(entry->name, "agent-code") == 0;
        hidden += entry->hidden;
        assert_string_not_equal(entry->name, "README");
        if (strcmp(entry->name, "codex") == 0)
            assert_int_equal(entry->hidden, entry->place == PROFILES_BUILTIN);
    }
    assert_int_equal(mine, 2);
    assert_int_equal(codex, 2);
    assert_int_equal(alias, 1);
    assert_int_equal(hidden, 2);
}

static void a_choice_is_kept_and_taken_back(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct list choices;
    const char *name;
    assert_ok(profiles_env(NULL, arena, &env, &err));
    assert_ok(profiles_default_find(&env, "claude", arena, &name, &err));
    assert_null(name);
    assert_ok(profiles_default_set(&env, "claude", "claude-code", &err));
    assert_ok(profiles_default_set(&env, "/usr/bin/codex", "acme/codex", &err));
    assert_ok(profiles_default_set(&env, "claude", "agent", &err));
    assert_ok(profiles_default_find(&env, "/opt/bin/claude", arena, &name, &err));
    assert_string_equal(name, "agent");
    assert_ok(profiles_default_list(&env, arena, &choices, &err));
    assert_int_equal(choices.count, 2);
    assert_ok(profiles_default_set(&env, "claude", NULL, &err));
    assert_ok(profiles_default_find(&env, "claude", arena, &name, &err));
    assert_null(name);
    assert_ok(profiles_default_find(&env, "codex", arena, &name, &err));
    assert_string_equal(name, "acme/codex");
    assert_fails(profiles_default_set(&env, "cla\"ude", "x", &err), INVALID);
    assert_fails(profiles_default_set(&env, "claude", "a\nb", &err), INVALID);
    home_put(dir, ".config/nono/agents.toml", "profiles = 3\n");
    assert_fails(profiles_default_find(&env, "claude", arena, &name, &err), INVALID);
    home_put(dir, ".config/nono/agents.toml", "[profiles]\nclaude = 3\n");
    assert_fails(profiles_default_find(&env, "claude", arena, &name, &err), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_looked_up_in_order),
        cmocka_unit_test(what_is_not_there_is_said_with_a_way_out),
        cmocka_unit_test(groups_of_packs_are_found),
        cmocka_unit_test(a_changed_file_of_a_pack_is_not_used),
        cmocka_unit_test(the_list_marks_what_is_hidden),
        cmocka_unit_test(a_choice_is_kept_and_taken_back),
    };
    return cmocka_run_group_tests_name("client/profile/profiles", tests, world_make, world_drop);
}
