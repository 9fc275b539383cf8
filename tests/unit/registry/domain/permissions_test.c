/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto lib/json */
#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "tests/support/publishing.h"

/* A pack with these profiles, and groups unless they are NULL. */
static struct sample sample_of_two(const char *name, const char *one, const char *two,
                                   const char *groups)
{
    struct sample sample = sample_new(name, "1.0.0");
    sample.files[0] = sample_file(
        "package.json",
        arena_printf(world.arena,
                     "{\"schema_version\":1,\"name\":\"%s\",\"version\":\"1.0.0\",\"artifacts\":["
                     "{\"type\":\"profile\",\"path\":\"policy.json\",\"install_as\":\"one\"},"
                     "{\"type\":\"profile\",\"path\":\"two.json\",\"install_as\":\"two\"},"
                     "{\"type\":\"plugin\",\"path\":\"bin/run.sh\"}%s]}",
                     name,
                     groups ? ",{\"type\":\"groups\",\"path\":\"groups.json\",\"prefix\":\"our_\"}"
                            : ""));
    sample.files[3] = sample_file("policy.json", one);
    sample.files[4] = sample_file("two.json", two);
    sample.count = 5;
    if (groups)
        sample.files[sample.count++] = sample_file("groups.json", groups);
    sample_pack(&sample);
    return sample;
}

/* The union that they publish. */
static const struct doc *permissions_of_two(struct house *house, const char *one, const char *two,
                                            const char *groups)
{
    const char *name = world_text("union"), *text;
    size_t len;
    struct sample sample = sample_of_two(name, one, two, groups);
    struct publish_result result;
    struct doc *doc = NULL;
    assert_ok(sample_publish(house, &sample, name, "1.0.0", &result, &err));
    assert_ok(db_fetch_json(world.registry.db, QUERY(version_permissions, db_text(result.id)),
                            world.arena, &text, &len, &err));
    assert_ok(json_parse(text, len, NULL, JSON_PLAIN, world.arena, &doc, &err));
    return doc;
}

static bool lists(const struct doc *doc, const char *key, const char *path)
{
    const struct doc *list = doc_find(doc, key);
    DOC_FOREACH (list, item) {
        const char *text = item->kind == DOC_TEXT
                               ? item->text
                               : doc_text(item, strcmp(key, "hosts") ? "path" : "host");
        if (text && strcmp(text, path) == 0)
            return true;
    }
    return false;
}

static void two_profiles_ask_for_what_either_asks(void **state)
{
    (void)state;
    struct house house = house_new();
    const struct doc *doc = permissions_of_two(
        &house,
        "{\"extends\":\"default\",\"filesystem\":{\"read\":[\"$HOME/a\"]},\"network\":{\"block\":true},"
        "\"workdir\":{\"access\":\"read\"}}",
        "{\"extends\":\"one\",\"filesystem\":{\"write\":[\"$HOME/b\"]},\"workdir\":{\"access\":\"write\"}}",
        NULL);
    assert_true(lists(doc, "read", "$HOME/a"));
    assert_true(lists(doc, "write", "$HOME/b"));
    assert_false(lists(doc, "write", "$HOME/a"));
    assert_string_equal(doc_text(doc, "workdir"), "readwrite");
    house_clear(&house);
}

static void the_widest_network_counts(void **state)
{
    (void)state;
    struct house house = house_new();
    const struct doc *closed =
        permissions_of_two(&house, "{\"extends\":\"default\",\"network\":{\"block\":true}}",
                           "{\"extends\":\"default\",\"network\":{\"block\":true}}", NULL);
    const struct doc *open =
        permissions_of_two(&house, "{\"extends\":\"default\",\"network\":{\"block\":true}}",
                           "{\"extends\":\"default\"}", NULL);
    assert_string_not_equal(doc_text(closed, "network"), doc_text(open, "network"));
    house_clear(&house);
}

static void a_group_of_the_pack_is_found_in_it(void **state)
{
    (void)state;
    struct house house = house_new();
    const struct doc *doc = permissions_of_two(
        &house, "{\"extends\":\"default\",\"groups\":{\"include\":[\"our_tools\"]}}",
        "{\"extends\":\"one\"}",
        "{\"our_tools\":{\"description\":\"Tools\",\"allow\":{\"read\":[\"/opt/our-tools\"]}}}");
    assert_true(lists(doc, "read", "/opt/our-tools"));
    house_clear(&house);
}

static void a_pack_without_profiles_asks_for_nothing(void **state)
{
    (void)state;
    struct house house = house_new();
    struct sample sample = sample_new("bare", "1.0.0");
    struct publish_result result;
    const char *text;
    size_t len;
    struct doc *doc;
    sample.files[0] = sample_file("package.json",
                                  "{\"schema_version\":1,\"name\":\"bare\",\"version\":\"1.0.0\","
                                  "\"artifacts\":[{\"type\":\"plugin\",\"path\":\"bin/run.sh\"}]}");
    sample.count = 3;
    sample_pack(&sample);
    assert_ok(sample_publish(&house, &sample, "bare", "1.0.0", &result, &err));
    assert_ok(db_fetch_json(world.registry.db, QUERY(version_permissions, db_text(result.id)),
                            world.arena, &text, &len, &err));
    assert_ok(json_parse(text, len, NULL, JSON_PLAIN, world.arena, &doc, &err));
    assert_string_equal(doc_text(doc, "workdir"), "none");
    assert_int_equal(doc_find(doc, "read")->count, 0);
    house_clear(&house);
}

/* Reads so many paths, and nothing else. */
static const char *profile_of_many(const char *folder, size_t count)
{
    CLEANUP(buf_clearp) struct buf text;
    buf_init(&text, MIB);
    assert_ok(buf_text(&text, "{\"extends\":[],\"filesystem\":{\"read\":[", &err));
    for (size_t i = 0; i < count; i++)
        assert_ok(buf_printf(&text, &err, "%s\"/%s/%zu\"", i ? "," : "", folder, i));
    assert_ok(buf_text(&text, "]}}", &err));
    return arena_strndup(world.arena, text.data, text.len);
}

static void profiles_ask_for_no_more_than_can_be_shown(void **state)
{
    (void)state;
    struct house house = house_new();
    const char *half = profile_of_many("a", 2400), *other = profile_of_many("b", 2400);
    assert_true(lists(permissions_of_two(&house, half, other, NULL), "read", "/b/2399"));

    struct publish_result result;
    struct sample sample = sample_of_two("lots", half, profile_of_many("b", 2700), NULL);
    assert_fails(sample_publish(&house, &sample, "lots", "1.0.0", &result, &err), TOO_LARGE);
    house_clear(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_ask_for_no_more_than_can_be_shown),
        cmocka_unit_test(two_profiles_ask_for_what_either_asks),
        cmocka_unit_test(the_widest_network_counts),
        cmocka_unit_test(a_group_of_the_pack_is_found_in_it),
        cmocka_unit_test(a_pack_without_profiles_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
