/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto */
#include "registry/domain/package.h"
#include "tests/support/publishing.h"

static struct house house;

static int open_all(void **state)
{
    (void)world_open(state);
    house = house_new();
    for (const char *const *version =
             (const char *const[]){ "1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", NULL };
         *version; version++)
        (void)sample_there(&house, "tool", *version);
    return 0;
}

static int close_all(void **state)
{
    house_clear(&house);
    return world_close(state);
}

static struct package_status status_of(const char *installed)
{
    const char *const ref[2] = { house.name, "tool" };
    struct package_status status = { 0 };
    assert_ok(package_status(&world.registry, ref, installed, NULL, world.arena, &status, &err));
    return status;
}

static void status_follows_precedence(void **state)
{
    (void)state;
    static const struct {
        const char *installed, *status;
    } cases[] = { { "1.10.0", "current" },   { "1.9.0", "outdated" },     { "2.0.0-rc.1", "ahead" },
                  { "1.10.0+x", "current" }, { "1.10.0-rc", "outdated" }, { "9.9.9", "ahead" },
                  { "nonsense", "unknown" }, { "latest", "unknown" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct package_status status = status_of(cases[i].installed);
        assert_string_equal(status.latest, "1.10.0");
        assert_string_equal(status.installed_status, cases[i].status);
    }
    assert_null(status_of(NULL).installed_status);
    const char *const ref[2] = { house.name, "absent" };
    struct package_status status;
    assert_fails(package_status(&world.registry, ref, NULL, NULL, world.arena, &status, &err),
                 NOT_FOUND);
}

static void a_yank_moves_latest_and_can_be_taken_back(void **state)
{
    (void)state;
    struct actor actor = world_actor(house.owner), stranger = world_actor(world_person(false));
    const char *const ref[3] = { house.name, "tool", "1.10.0" };
    const char *const none[3] = { house.name, "tool", "7.7.7" };
    struct version *version;
    assert_fails(version_yank(&world.registry, ref, "no", &stranger, world.arena, &version, &err),
                 DENIED);
    assert_fails(version_yank(&world.registry, none, "no", &actor, world.arena, &version, &err),
                 NOT_FOUND);
    assert_fails(version_yank(&world.registry, ref, "", &actor, world.arena, &version, &err),
                 INVALID);
    assert_fails(version_yank(&world.registry, ref, "a\nb", &actor, world.arena, &version, &err),
                 INVALID);
    assert_ok(version_yank(&world.registry, ref, "leaks", &actor, world.arena, &version, &err));
    struct package_status status = status_of("1.10.0");
    assert_string_equal(status.latest, "1.9.0");
    assert_string_equal(status.installed_status, "yanked");
    assert_string_equal(status.yank_reason, "leaks");
    assert_fails(version_unyank(&world.registry, ref, &stranger, world.arena, &version, &err),
                 DENIED);
    assert_ok(version_unyank(&world.registry, ref, &actor, world.arena, &version, &err));
    assert_string_equal(status_of("1.10.0").installed_status, "current");
}

static void a_pre_release_is_latest_when_nothing_else_is(void **state)
{
    (void)state;
    struct actor actor = world_actor(house.owner);
    (void)sample_there(&house, "early", "1.0.0-alpha");
    (void)sample_there(&house, "early", "1.0.0-beta");
    const char *const ref[3] = { house.name, "early", "latest" };
    struct version *version;
    assert_ok(access_version(world.registry.db, ref, NULL, ROLE_NONE, world.arena, &version, &err));
    assert_string_equal(version->version, "1.0.0-beta");
    assert_ok(version_yank(&world.registry, ref, "early", &actor, world.arena, &version, &err));
    assert_string_equal(version->version, "1.0.0-beta");
    assert_ok(version_yank(&world.registry, ref, "earlier", &actor, world.arena, &version, &err));
    assert_string_equal(version->version, "1.0.0-alpha");
    assert_fails(
        access_version(world.registry.db, ref, NULL, ROLE_NONE, world.arena, &version, &err),
        NOT_FOUND);
}

static void settings_are_changed_by_maintainers(void **state)
{
    (void)state;
    const char *const ref[2] = { house.name, "tool" };
    struct actor actor = world_actor(house.owner), stranger = world_actor(world_person(false));
    struct package_change change = { .description = "Better words" };
    assert_fails(package_change(&world.registry, ref, &change, &stranger, &err), DENIED);
    assert_ok(package_change(&world.registry, ref, &change, &actor, &err));
    change = (struct package_change){ .description = "two\nlines" };
    assert_fails(package_change(&world.registry, ref, &change, &actor, &err), INVALID);
    change = (struct package_change){ .visibility = "secret" };
    assert_fails(package_change(&world.registry, ref, &change, &actor, &err), INVALID);
}

static void a_private_pack_is_its_members(void **state)
{
    (void)state;
    const char *const ref[2] = { house.name, "tool" };
    struct actor actor = world_actor(house.owner);
    struct principal stranger = *world_person(false), blind = *house.owner;
    struct package *package;
    struct package_change change = { .visibility = "private" };
    blind.scopes = SCOPE_PUBLISH;
    assert_ok(package_change(&world.registry, ref, &change, &actor, &err));
    assert_ok(access_package(world.registry.db, ref, house.owner, ROLE_NONE, world.arena, &package,
                             &err));
    assert_int_equal(package->visibility, VISIBILITY_PRIVATE);
    assert_fails(
        access_package(world.registry.db, ref, NULL, ROLE_NONE, world.arena, &package, &err),
        NOT_FOUND);
    assert_fails(
        access_package(world.registry.db, ref, &stranger, ROLE_NONE, world.arena, &package, &err),
        NOT_FOUND);
    assert_fails(
        access_package(world.registry.db, ref, &blind, ROLE_NONE, world.arena, &package, &err),
        NOT_FOUND);
    assert_ok(access_package(world.registry.db, ref, &blind, ROLE_MAINTAINER, world.arena, &package,
                             &err)); /* to act there needs no right to read */
    change.visibility = "public";
    assert_ok(package_change(&world.registry, ref, &change, &actor, &err));
}

static void a_profiles_name_is_a_packs_kind_of_name(void **state)
{
    (void)state;
    assert_ok(profile_name_check("claude-code", &err));
    assert_fails(profile_name_check("", &err), INVALID);
    assert_fails(profile_name_check("../x", &err), INVALID);
}

static int64_t downloads_of(const char *name)
{
    int64_t count = -1;
    const char *text;
    assert_ok(db_fetch_json(world.registry.db,
                            QUERY(package_document, db_text(house.name), db_text(name), db_null()),
                            world.arena, &text, NULL, &err));
    const char *at = strstr(text, "\"downloads\": ");
    if (at)
        count = strtoll(at + strlen("\"downloads\": "), NULL, 10);
    return count;
}

static void downloads_are_written_in_batches(void **state)
{
    (void)state;
    struct downloads *downloads = world.registry.downloads;
    struct publish_result result = sample_there(&house, "counted", "1.0.0");
    assert_ok(downloads_flush(downloads, world.registry.db, &err)); /* nothing */
    for (int i = 0; i < 3; i++)
        downloads_count(downloads, result.id);
    for (int i = 0; i < 200; i++) /* of versions that are not there: counted, and left out */
        downloads_count(downloads, arena_printf(world.arena, "00000000-0000-4000-8000-%012d", i));
    downloads_count(downloads, "longer than any uuid can ever be, whatever it is");
    downloads_count(NULL, result.id);
    assert_int_equal(downloads_of("counted"), 0);
    assert_ok(downloads_flush(downloads, world.registry.db, &err));
    assert_int_equal(downloads_of("counted"), 3);
    downloads_count(downloads, result.id);
    assert_ok(downloads_flush(downloads, world.registry.db, &err));
    assert_int_equal(downloads_of("counted"), 4);
}

static void downloads_that_cannot_be_written_are_kept(void **state)
{
    (void)state;
    struct downloads *downloads = world.registry.downloads;
    struct publish_result result = sample_there(&house, "kept", "1.0.0");
    downloads_count(downloads, result.id);
    downloads_count(downloads, "not a uuid");
    assert_false(downloads_flush(downloads, world.registry.db, &(struct error){ 0 }));
    assert_int_equal(downloads_of("kept"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_follows_precedence),
        cmocka_unit_test(a_yank_moves_latest_and_can_be_taken_back),
        cmocka_unit_test(a_pre_release_is_latest_when_nothing_else_is),
        cmocka_unit_test(settings_are_changed_by_maintainers),
        cmocka_unit_test(a_private_pack_is_its_members),
        cmocka_unit_test(a_profiles_name_is_a_packs_kind_of_name),
        cmocka_unit_test(downloads_are_written_in_batches),
        cmocka_unit_test(downloads_that_cannot_be_written_are_kept),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
