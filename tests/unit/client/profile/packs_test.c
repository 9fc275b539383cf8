/* USES lib/json lib/digest */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/profile/profiles.h"
#include "lib/base/files.h"
#include "lib/digest/sha256.h"
#include "tests/support/home.h"

/* Two packs with the same names, of which the one that was not asked for comes first. */
static const struct {
    const char *pack, *path, *type, *text;
} files[] = {
    { "aaa/evil", "profiles/base.json", "profile", "{\"filesystem\":{\"allow\":[\"/evil\"]}}" },
    { "aaa/evil", "profiles/default.json", "profile", "{\"filesystem\":{\"allow\":[\"/evil\"]}}" },
    { "aaa/evil", "profiles/node-dev.json", "profile", "{\"filesystem\":{\"allow\":[\"/evil\"]}}" },
    { "aaa/evil", "profiles/quiet.json", "plugin", "{\"filesystem\":{\"allow\":[\"/evil\"]}}" },
    { "aaa/evil", "groups.json", "groups", "{\"z_tools\":{\"allow\":{\"read\":[\"/evil\"]}}}" },
    { "zeta/web", "profiles/base.toml", "profile",
      "extends = []\ngroups = ['z_tools']\nfilesystem.read = ['/base']\n" },
    { "zeta/web", "profiles/web.toml", "profile",
      "extends = ['base', 'default', 'node-dev']\ngroups = ['z_tools']\n" },
    { "zeta/web", "profiles/greedy.toml", "profile", "extends = 'mine'\n" },
    { "zeta/web", "profiles/guest.toml", "profile", "groups = ['aaa/evil/z_tools']\n" },
    { "zeta/web", "profiles/other.toml", "profile", "groups = ['m_tools']\n" },
    { "zeta/web", "groups.json", "groups", "{\"z_tools\":{\"allow\":{\"read\":[\"/zeta\"]}}}" },
    { "mmm/more", "groups.json", "groups", "{\"m_tools\":{\"allow\":{\"read\":[\"/more\"]}}}" },
};
static const char *const packs[] = { "aaa/evil", "mmm/more", "zeta/web" };

static char home[] = "/tmp/packs-test-XXXXXX";
static int dir = -1;

#define PACKS ".config/nono/packages/"

static const char *pack_entry(const char *pack, struct arena *arena)
{
    const char *artifacts = "";
    for (size_t i = 0; i < COUNT(files); i++) {
        char digest[SHA256_TEXT];
        if (strcmp(files[i].pack, pack) != 0)
            continue;
        home_put(dir, arena_printf(arena, PACKS "%s/%s", pack, files[i].path), files[i].text);
        sha256_hex(files[i].text, strlen(files[i].text), digest);
        artifacts = arena_printf(arena, "%s%s\"%s\":{\"sha256\":\"%s\",\"type\":\"%s\"}", artifacts,
                                 *artifacts ? "," : "", files[i].path, digest, files[i].type);
    }
    return arena_printf(arena,
                        "\"%s\":{\"version\":\"1.0.0\",\"installed_at\":\"2026-01-01T00:00:00Z\","
                        "\"pinned\":false,\"artifacts\":{%s},\"wiring_record\":[]}",
                        pack, artifacts);
}

static int world_make(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (!mkdtemp(home))
        return -1;
    dir = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)setenv("HOME", home, 1);     /* NOLINT(concurrency-mt-unsafe) */
    (void)unsetenv("XDG_CONFIG_HOME"); /* NOLINT(concurrency-mt-unsafe) */
    const char *entries = "";
    for (size_t i = 0; i < COUNT(packs); i++)
        entries = arena_printf(arena, "%s%s%s", entries, i ? "," : "", pack_entry(packs[i], arena));
    home_put(dir, PACKS "lockfile.json",
             arena_printf(arena,
                          "{\"lockfile_version\":4,\"registry\":\"http://r\",\"packages\":{%s}}",
                          entries));
    home_put(dir, PACKS "aaa/evil/package.json",
             "{\"artifacts\":[{\"type\":\"profile\",\"install_as\":\"base\","
             "\"aliases\":[\"web\",\"go-dev\"]}]}");
    home_put(dir, ".config/nono/profiles/mine.toml",
             "extends = ['default', 'node-dev', 'go-dev']\n");
    home_put(dir, ".config/nono/profiles/hers.toml", "extends = 'base'\n");
    return 0;
}

static int world_drop(void **state)
{
    (void)state;
    struct error err;
    (void)close(dir);
    return tree_remove(AT_FDCWD, home, &err) ? 0 : -1;
}

static bool load(const char *name, struct arena *arena, struct profile **out, struct error *fault)
{
    struct profile_env env;
    assert_ok(profiles_env("/work", arena, &env, &err));
    return profile_load(&env, name, NULL, arena, out, fault);
}

static bool grants(const struct profile *profile, const char *path)
{
    LIST_FOREACH (profile->grants, struct profile_path, grant)
        if (strcmp(grant->path, path) == 0)
            return true;
    return false;
}

static void a_pack_is_made_of_its_own_and_what_is_built_in(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(load("zeta/web", arena, &profile, &err));
    assert_true(grants(profile, "/base"));
    assert_true(grants(profile, "/zeta"));
    assert_false(grants(profile, "/evil"));
    assert_fails(load("greedy", arena, &profile, &err), NOT_FOUND); /* nor the user's files */
    assert_fails(load("other", arena, &profile, &err), INVALID);    /* nor others' groups */
    assert_ok(load("guest", arena, &profile, &err));                /* but for those it names */
    assert_true(grants(profile, "/evil"));
}

static void no_pack_changes_what_a_users_profile_is_made_of(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_ok(load("mine", arena, &profile, &err));
    assert_false(grants(profile, "/evil"));
    assert_ok(load("default", arena, &profile, &err));
    assert_false(grants(profile, "/evil"));
    assert_ok(load("node-dev", arena, &profile, &err)); /* asked for by name, a pack's hides it */
    assert_true(grants(profile, "/evil"));
    assert_ok(load("go-dev", arena, &profile, &err));
    assert_true(grants(profile, "/evil"));
}

static void a_name_of_two_packs_is_nobodys(void **state)
{
    (void)state;
    static const struct {
        const char *name, *message, *hint;
    } cases[] = {
        { "base", "\"base\" is a profile of two packs, aaa/evil and zeta/web",
          "write the pack in place of the name: aaa/evil or zeta/web" },
        { "web", "\"web\" is a profile of two packs, aaa/evil and zeta/web",
          "write the pack in place of the name: aaa/evil or zeta/web" },
        { "hers", "extends: \"base\" is a profile of two packs, aaa/evil and zeta/web",
          "write the pack in place of the name: aaa/evil or zeta/web" },
        { "grouped", "groups: \"z_tools\" is a group of two packs, aaa/evil and zeta/web",
          "write aaa/evil/z_tools or zeta/web/z_tools" },
    };
    home_put(dir, ".config/nono/profiles/grouped.toml", "groups = ['z_tools']\n");
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile *profile;
        struct error fault = { 0 };
        assert_false(load(cases[i].name, arena, &profile, &fault));
        assert_int_equal(fault.kind, ERROR_INVALID);
        assert_non_null(strstr(fault.message, cases[i].message));
        assert_string_equal(fault.hint, cases[i].hint);
    }
}

static void groups_are_told_apart_by_their_packs(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    home_put(dir, ".config/nono/profiles/grouped.toml",
             "groups = ['zeta/web/z_tools', 'm_tools']\n");
    assert_ok(load("grouped", arena, &profile, &err));
    assert_true(grants(profile, "/zeta") && grants(profile, "/more"));
    assert_false(grants(profile, "/evil"));
    home_put(dir, ".config/nono/profiles/grouped.toml",
             "groups = ['zeta/web/z_tools', 'aaa/evil/z_tools']\n");
    assert_ok(load("grouped", arena, &profile, &err));
    assert_true(grants(profile, "/zeta") && grants(profile, "/evil"));
    home_put(dir, ".config/nono/profiles/grouped.toml",
             "extends = 'zeta/web'\ngroups = {include = ['aaa/evil/z_tools'], "
             "exclude = ['zeta/web/z_tools']}\n");
    assert_ok(load("grouped", arena, &profile, &err));
    assert_true(grants(profile, "/evil") && !grants(profile, "/zeta"));
    home_put(dir, ".config/nono/profiles/grouped.toml", "groups = ['zeta/web/x_tools']\n");
    assert_fails(load("grouped", arena, &profile, &err), INVALID);
    home_put(dir, ".config/nono/profiles/grouped.toml", "groups = ['zeta/none/z_tools']\n");
    assert_fails(load("grouped", arena, &profile, &err), INVALID);
}

/* Consent is asked for profiles: a file of another kind in their folder is none. */
static void a_plugin_is_no_profile(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    assert_fails(load("quiet", arena, &profile, &err), NOT_FOUND);
}

static void the_list_tells_what_no_bare_name_finds(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct list entries;
    int shared = 0, standard = 0;
    assert_ok(profiles_env("/work", arena, &env, &err));
    assert_ok(profiles_list(&env, arena, &entries, &err));
    LIST_FOREACH (entries, struct profiles_entry, entry) {
        bool two = strcmp(entry->name, "base") == 0 || strcmp(entry->name, "web") == 0;
        assert_int_equal(entry->shared, two);
        assert_true(!two || entry->hidden);
        shared += entry->shared;
        standard += strcmp(entry->name, "default") == 0;
    }
    assert_int_equal(shared, 4);
    assert_int_equal(standard, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_is_made_of_its_own_and_what_is_built_in),
        cmocka_unit_test(no_pack_changes_what_a_users_profile_is_made_of),
        cmocka_unit_test(a_name_of_two_packs_is_nobodys),
        cmocka_unit_test(groups_are_told_apart_by_their_packs),
        cmocka_unit_test(a_plugin_is_no_profile),
        cmocka_unit_test(the_list_tells_what_no_bare_name_finds),
    };
    return cmocka_run_group_tests_name("client/profile/packs", tests, world_make, world_drop);
}
