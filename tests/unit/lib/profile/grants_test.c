/* What flags, groups and packs come to get, however they stand together. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "tests/support/profile.h"

/* What a profile that extends another gets for the hook of that; NULL: it is refused. */
static void base_check(const char *base, const char *found, bool of_pack)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile *profile;
    const char *leaf = arena_printf(arena, "extends='%s'", base);
    if (!found) {
        assert_fails(resolve(arena, PROFILE_TOML, leaf, NULL, &profile, &err), INVALID);
        return;
    }
    assert_ok(resolve(arena, PROFILE_TOML, leaf, NULL, &profile, &err));
    assert_string_equal(profile->hook_after.script, found);
    assert_int_equal(profile->hook_after.of_pack, of_pack);
}

static void script_check(const char *script, const char *of_pack, const char *of_user)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_printf(arena, "session_hooks.after = {script='%s'}", script);
    const struct named named[] = {
        { "pk", text, PROFILE_TOML, "/pk" },
        { "own", text, PROFILE_TOML, NULL },
        { 0 },
    };
    documents = named;
    base_check("pk", of_pack, true);
    base_check("own", of_user, false);
    documents = NULL;
}

/* A pack has a say in its own files alone. */
static void a_packs_hook_is_a_file_of_the_pack(void **state)
{
    (void)state;
    script_check("$PACK_DIR/h.sh", "/pk/h.sh", NULL); /* a user's has no pack */
    script_check("${PACK_DIR}/bin/h", "/pk/bin/h", NULL);
    script_check("/usr/bin/true", NULL, "/usr/bin/true");
    script_check("$WORKDIR/h.sh", NULL, "/home/u/project/h.sh");
    script_check("~/h.sh", NULL, "/home/u/h.sh");
    script_check("h.sh", NULL, NULL);
    script_check("$PACK_DIR/../h.sh", NULL, NULL);
    script_check("$PACK_DIRS/h.sh", NULL, NULL);
}

/* However a list has grown so far: the group for names comes behind what the command line says. */
static void grants_grow_from_documents_flags_and_groups_alike(void **state)
{
    (void)state;
    for (size_t flags = 1; flags <= 20; flags++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_override_path paths[20];
        for (size_t i = 0; i < flags; i++)
            paths[i] = (struct profile_override_path){ .path = arena_printf(arena, "/flag%zu", i),
                                                       .access = RX,
                                                       .flag = "--read" };
        const struct profile_overrides overrides = { .paths = paths, .path_count = flags };
        struct profile *profile;
        assert_ok(resolve(arena, PROFILE_TOML,
                          "groups = {exclude=['system_read_linux_core','linux_process_info']}\n"
                          "filesystem.read = ['/a', '/b']\nnetwork.allow_hosts = ['h.example']\n",
                          &overrides, &profile, &err));
        for (size_t i = 0; i < flags; i++)
            assert_non_null(grant_of(profile, paths[i].path));
        assert_non_null(grant_of(profile, "/a"));
        assert_non_null(grant_of(profile, "/etc/hosts"));
    }
}

static void a_group_opens_no_home_by_a_pattern(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char folder[] = "/tmp/nono-home-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct profile_env env = env_of();
    env.home = arena_printf(arena, "%s/user", folder);
    assert_int_equal(mkdir(env.home, 0700), 0);
    const char *other = arena_printf(arena, "%s/usr2", folder);
    assert_int_equal(mkdir(other, 0700), 0);
    static const char format[] = "{\"g\":{\"allow\":{\"readwrite\":[\"%s/us*r*\"]}}}";
    struct profile_text table = { .text = arena_printf(arena, format, folder),
                                  .syntax = PROFILE_JSON,
                                  .file = "g.json",
                                  .pack = "ns/p" };
    table.len = strlen(table.text);
    struct profile *profile;
    assert_ok(profile_resolve_groups(&env, &table, arena, &profile, &err));
    assert_null(grant_of(profile, env.home));
    assert_non_null(grant_of(profile, other));
    assert_int_equal(profile->warnings.count, 1);

    struct profile_text own = { .text = arena_printf(arena, "filesystem.write=['%s/us*']", folder),
                                .syntax = PROFILE_TOML,
                                .file = "p" };
    own.len = strlen(own.text);
    assert_ok(profile_resolve(&env, "own", &own, NULL, arena, &profile, &err));
    assert_non_null(grant_of(profile, env.home)); /* the user's own word */
    struct error fault;
    assert_true(tree_remove(AT_FDCWD, folder, &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packs_hook_is_a_file_of_the_pack),
        cmocka_unit_test(grants_grow_from_documents_flags_and_groups_alike),
        cmocka_unit_test(a_group_opens_no_home_by_a_pattern),
    };
    return cmocka_run_group_tests_name("lib/profile/grants", tests, NULL, NULL);
}
