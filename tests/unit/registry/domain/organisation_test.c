/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto */
#include "tests/support/publishing.h"

static struct registry *registry(void)
{
    return &world.registry;
}

static bool make(const struct principal *who, const char *name, const char *label,
                 struct error *err)
{
    struct organisation_request request = { .name = name, .display_name = label };
    struct actor actor = world_actor(who);
    return organisation_make(registry(), &request, &actor, err);
}

static bool role_set(const struct principal *who, const char *organisation, const char *login,
                     enum role role, struct error *err)
{
    struct member_request request = { organisation, login, role };
    struct actor actor = world_actor(who);
    return member_set(registry(), &request, &actor, err);
}

static void names_are_plain_unreserved_and_unique(void **state)
{
    (void)state;
    static const char *const bad[] = { "", ".", "-a", "a/b", "api", "Official", "well.known" };
    const struct principal *who = world_person(false);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(make(who, bad[i], NULL, &err), INVALID);
    assert_fails(make(who, "fine", "", &err), INVALID);
    assert_ok(make(who, "Fine-Name", "A fine name", &err));
    struct error failure;
    assert_false(make(who, "fine_name", NULL, &failure));
    assert_int_equal(failure.kind, ERROR_CONFLICT);
    assert_string_equal(failure.field, "name");
}

static void roles_are_given_by_owners(void **state)
{
    (void)state;
    const struct principal *owner = world_person(false), *other = world_person(false);
    const char *name = world_text("club");
    assert_ok(make(owner, name, NULL, &err));
    assert_fails(role_set(other, name, other->login, ROLE_OWNER, &err), DENIED);
    assert_fails(role_set(owner, name, "not-there", ROLE_READER, &err), NOT_FOUND);
    assert_fails(role_set(owner, "not-there", other->login, ROLE_READER, &err), NOT_FOUND);
    assert_ok(role_set(owner, name, other->login, ROLE_READER, &err));
    struct organisation *found;
    assert_ok(access_organisation(world.registry.db, name, other, ROLE_READER, world.arena, &found,
                                  &err));
    assert_fails(access_organisation(world.registry.db, name, other, ROLE_PUBLISHER, world.arena,
                                     &found, &err),
                 DENIED);
    assert_ok(role_set(other, name, other->login, ROLE_NONE, &err)); /* leaves */
    assert_fails(role_set(other, name, other->login, ROLE_NONE, &err), NOT_FOUND);
    assert_ok(role_set(world_person(true), name, other->login, ROLE_MAINTAINER, &err));
}

static void an_owner_stays(void **state)
{
    (void)state;
    const struct principal *owner = world_person(false), *next = world_person(false);
    const char *name = world_text("club");
    assert_ok(make(owner, name, NULL, &err));
    assert_fails(role_set(owner, name, owner->login, ROLE_READER, &err), CONFLICT);
    assert_fails(role_set(owner, name, owner->login, ROLE_NONE, &err), CONFLICT);
    assert_ok(role_set(owner, name, next->login, ROLE_OWNER, &err));
    assert_ok(role_set(owner, name, owner->login, ROLE_NONE, &err));
}

static void keys_are_read_and_registered_once(void **state)
{
    (void)state;
    struct house house = house_new();
    struct actor actor = world_actor(house.owner), stranger = world_actor(world_person(false));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(house.key);
    const char *document, *pem = public_key_pem(public, world.arena);
    struct key_request request = { house.name, "again", pem };
    assert_fails(key_add(registry(), &request, &actor, world.arena, &document, &err), CONFLICT);
    assert_fails(key_add(registry(), &request, &stranger, world.arena, &document, &err), DENIED);
    request.public_key = "-----BEGIN PUBLIC KEY-----";
    assert_fails(key_add(registry(), &request, &actor, world.arena, &document, &err), INVALID);
    request = (struct key_request){ house.name, "two\nlines", pem };
    assert_fails(key_add(registry(), &request, &actor, world.arena, &document, &err), INVALID);
    assert_fails(key_revoke(registry(), house.name, "00", &actor, &err), NOT_FOUND);
    assert_ok(key_revoke(registry(), house.name, house.key_id, &actor, &err));
    assert_fails(key_revoke(registry(), house.name, house.key_id, &actor, &err), NOT_FOUND);
    house_clear(&house);
}

static bool key_there(const struct house *house, const char **key_id, struct error *failure)
{
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    struct actor actor = world_actor(house->owner);
    const char *document;
    assert_ok(private_key_generate(KEY_ED25519, &key, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    *key_id = arena_printf(world.arena, "%s", public_key_id(public));
    struct key_request request = { house->name, "one of many",
                                   public_key_pem(public, world.arena) };
    return key_add(registry(), &request, &actor, world.arena, &document, failure);
}

static void keys_fill(const struct house *house, int first, int last, const char *revoked_at)
{
    world_run(arena_printf(world.arena,
                           "INSERT INTO signing_key (organisation_id, key_id, name, algorithm,"
                           " public_key, revoked_at) SELECT o.id, lpad(to_hex(n), 64, '0'), 'many',"
                           " 'ed25519', 'x', %s FROM organisation o, generate_series(%d, %d) n"
                           " WHERE o.name = '%s'",
                           revoked_at, first, last, house->name));
}

static void an_organisation_has_so_many_keys(void **state)
{
    (void)state;
    struct house house = house_new(), other = house_new();
    struct actor actor = world_actor(house.owner);
    struct error failure;
    const char *key_id;
    keys_fill(&house, 2, KEYS_SIGNING_MAX - 1, "NULL");
    assert_ok(key_there(&house, &key_id, &err));
    assert_false(key_there(&house, &key_id, &failure));
    assert_int_equal(failure.kind, ERROR_CONFLICT);
    assert_non_null(strstr(failure.message, "has 100 keys that sign"));
    assert_string_equal(failure.field, "public_key");
    assert_ok(key_revoke(registry(), house.name, house.key_id, &actor, &err));
    assert_ok(key_there(&house, &key_id, &err));
    assert_ok(key_revoke(registry(), house.name, key_id, &actor, &err));
    keys_fill(&house, KEYS_SIGNING_MAX + 2, KEYS_EVER_MAX - 1, "now()");
    assert_ok(key_there(&house, &key_id, &err));
    assert_ok(key_revoke(registry(), house.name, key_id, &actor, &err));
    assert_false(key_there(&house, &key_id, &failure));
    assert_int_equal(failure.kind, ERROR_CONFLICT);
    assert_non_null(strstr(failure.message, "has had 1000 keys"));
    assert_ok(key_there(&other, &key_id, &err));
    house_clear(&house);
    house_clear(&other);
}

static void the_schema_holds_what_the_rules_promise(void **state)
{
    (void)state;
    struct house house = house_new();
    (void)sample_there(&house, "held", "1.0.0");
    static const char *const forbidden[] = {
        "UPDATE version SET archive_digest = bundle_digest",
        "DELETE FROM version",
        "UPDATE file SET mode = 420",
        "DELETE FROM file",
        "UPDATE audit_event SET actor = 'someone else'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE signing_key SET public_key = 'x'",
        "UPDATE organisation SET name = name || 'x'",
        "INSERT INTO reserved_name VALUES ('Not-Folded')",
        "UPDATE version SET yank_reason = 'x'",
        "DELETE FROM blob",
    };
    for (size_t i = 0; i < COUNT(forbidden); i++) {
        struct error failure;
        if (db_run_script(world.registry.db, forbidden[i], &failure))
            fail_msg("went through: %s", forbidden[i]);
    }
    house_clear(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_plain_unreserved_and_unique),
        cmocka_unit_test(roles_are_given_by_owners),
        cmocka_unit_test(an_owner_stays),
        cmocka_unit_test(keys_are_read_and_registered_once),
        cmocka_unit_test(an_organisation_has_so_many_keys),
        cmocka_unit_test(the_schema_holds_what_the_rules_promise),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
