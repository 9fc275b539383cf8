/* USES lib/json */
#include "tests/support/test.h"

#include <string.h>

#include "client/install/tree.h"
#include "lib/json/json.h"

static struct doc *parse(const char *text, struct arena *arena)
{
    struct doc *doc;
    assert_ok(json_parse(text, strlen(text), NULL, JSON_PLAIN, arena, &doc, &err));
    return doc;
}

static const char *print(const struct doc *doc, struct arena *arena)
{
    return json_print(doc, JSON_COMPACT_KEPT, arena);
}

/* A list is put into the list l.m, by the key id; a table is merged. */
static struct doc *put(struct doc *target, const char *patch, struct arena *arena)
{
    struct doc *record = doc_new(arena, DOC_TABLE), *doc = parse(patch, arena);
    if (doc->kind == DOC_TABLE) {
        assert_ok(tree_merge(target, doc, record, arena, &err));
        return record;
    }
    const struct tree_append append = { "l.m", "id", doc };
    doc_add_text(arena, record, "path", append.path);
    doc_add_text(arena, record, "key_field", append.key_field);
    assert_ok(tree_append(target, &append, record, arena, &err));
    return record;
}

static void take(struct doc *target, const struct doc *record, struct doc *kept,
                 struct arena *arena)
{
    if (doc_find(record, "leaves"))
        assert_ok(tree_unmerge(target, record, kept, arena, &err));
    else
        assert_ok(tree_unappend(target, record, kept, arena, &err));
}

/* What is left when the first record goes, and then the second; what stays of the first is named.
 */
struct two {
    const char *target, *first, *second;
    const char *without_first, *kept, *without_both;
};

static void two_try(const struct two *two, bool expect_changed)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *target = parse(two->target, arena), *kept = doc_new(arena, DOC_LIST);
    struct doc *first = put(target, two->first, arena), *second = put(target, two->second, arena);
    bool changed;
    assert_ok(tree_hand_over(first, second, kept, arena, &changed, &err));
    assert_int_equal(changed, expect_changed);
    take(target, first, kept, arena);
    assert_string_equal(print(target, arena), two->without_first);
    assert_string_equal(print(kept, arena), two->kept);
    struct doc *more = doc_new(arena, DOC_LIST);
    take(target, parse(print(second, arena), arena), more, arena);
    assert_string_equal(print(target, arena), two->without_both);
    assert_int_equal(more->count, 0);
}

static void what_a_later_record_stands_on_goes_from_under_it(void **state)
{
    (void)state;
    static const struct two cases[] = {
        { "{}", "{\"a\":1}", "{\"a\":1}", "{\"a\":1}", "[]", "{}" },
        { "{\"a\":0}", "{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "[]", "{\"a\":0}" },
        { "{}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}", "{\"a\":{\"b\":2}}", "[]", "{}" },
        /* in a table that the second has replaced */
        { "{}", "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":[1]}", "[]", "{}" },
        { "{\"a\":{\"c\":3}}", "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":[1]}", "[]",
          "{\"a\":{\"c\":3}}" },
        /* beside it, in a table that the first has made */
        { "{}", "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"d\":2}}}",
          "{\"a\":{\"b\":{\"d\":2}}}", "[]", "{}" },
        { "{}", "{\"a\":{\"b\":1,\"c\":{\"d\":1}}}", "{\"a\":{\"b\":1,\"c\":{\"d\":1}}}",
          "{\"a\":{\"b\":1,\"c\":{\"d\":1}}}", "[]", "{}" },
        { "{}", "[{\"id\":\"x\"}]", "[{\"id\":\"x\"}]", "{\"l\":{\"m\":[{\"id\":\"x\"}]}}", "[]",
          "{}" },
        { "{\"l\":{\"m\":[{\"id\":\"x\",\"v\":0}]}}", "[{\"id\":\"x\",\"v\":1}]",
          "[{\"id\":\"x\",\"v\":2}]", "{\"l\":{\"m\":[{\"id\":\"x\",\"v\":2}]}}", "[]",
          "{\"l\":{\"m\":[{\"id\":\"x\",\"v\":0}]}}" },
        { "{}", "[{\"id\":\"x\"}]", "[{\"id\":\"y\"}]", "{\"l\":{\"m\":[{\"id\":\"y\"}]}}", "[]",
          "{}" },
        /* in a list that the second has replaced */
        { "{}", "[{\"id\":\"x\"}]", "{\"l\":{\"m\":[1]}}", "{\"l\":{\"m\":[1]}}", "[]", "{}" },
        { "{\"l\":{\"m\":[7]}}", "[{\"id\":\"x\"}]", "{\"l\":{\"m\":[1]}}", "{\"l\":{\"m\":[1]}}",
          "[]", "{\"l\":{\"m\":[7]}}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        two_try(&cases[i], true);
}

static void what_a_later_record_does_not_touch_goes_as_ever(void **state)
{
    (void)state;
    static const struct two cases[] = {
        { "{}", "{\"a\":1}", "{\"b\":1}", "{\"b\":1}", "[]", "{}" },
        { "{\"a\":{\"x\":0}}", "{\"a\":{\"b\":1}}", "{\"a\":{\"c\":1}}",
          "{\"a\":{\"x\":0,\"c\":1}}", "[]", "{\"a\":{\"x\":0}}" },
        { "{\"l\":{\"m\":[]}}", "[{\"id\":\"x\"}]", "[{\"id\":\"y\"}]",
          "{\"l\":{\"m\":[{\"id\":\"y\"}]}}", "[]", "{\"l\":{\"m\":[]}}" },
        { "{}", "[{\"id\":\"x\"}]", "{\"a\":1}", "{\"a\":1}", "[]", "{}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        two_try(&cases[i], false);
}

/* Else the first would take along what the second put into its value. */
static void a_value_that_a_later_record_went_into_stays_and_is_named(void **state)
{
    (void)state;
    static const struct two cases[] = {
        { "{\"a\":5}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}", "[[\"a\"]]",
          "{\"a\":{\"b\":1}}" },
        { "{\"l\":{}}", "{\"l\":{\"m\":[{\"id\":\"x\"}]}}", "[{\"id\":\"x\"}]",
          "{\"l\":{\"m\":[{\"id\":\"x\"}]}}", "[[\"l\",\"m\"]]",
          "{\"l\":{\"m\":[{\"id\":\"x\"}]}}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        two_try(&cases[i], false);
}

/* Of a value that was set otherwise in between, the second found what its user wanted. */
static void what_the_user_set_in_between_is_what_comes_back(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *target = parse("{}", arena), *kept = doc_new(arena, DOC_LIST);
    struct doc *first = put(target, "{\"a\":1}", arena);
    tree_set(target, "a", parse("7", arena), arena);
    struct doc *second = put(target, "{\"a\":2}", arena);
    bool changed;
    assert_ok(tree_hand_over(first, second, kept, arena, &changed, &err));
    take(target, first, kept, arena);
    take(target, second, kept, arena);
    assert_string_equal(print(target, arena), "{\"a\":7}");
    assert_int_equal(kept->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_later_record_stands_on_goes_from_under_it),
        cmocka_unit_test(what_a_later_record_does_not_touch_goes_as_ever),
        cmocka_unit_test(a_value_that_a_later_record_went_into_stays_and_is_named),
        cmocka_unit_test(what_the_user_set_in_between_is_what_comes_back),
    };
    return cmocka_run_group_tests_name("client/install/tree_hand", tests, NULL, NULL);
}
