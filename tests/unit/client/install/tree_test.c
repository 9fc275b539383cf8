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

static void a_merge_is_undone_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *target, *patch, *merged;
    } cases[] = {
        { "{}", "{\"a\":1}", "{\"a\":1}" },
        { "{\"a\":1,\"b\":2}", "{\"a\":3}", "{\"a\":3,\"b\":2}" },
        { "{\"a\":{\"x\":1}}", "{\"a\":{\"y\":{\"z\":[1]}}}",
          "{\"a\":{\"x\":1,\"y\":{\"z\":[1]}}}" },
        { "{\"a\":1}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}" },
        { "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":[1]}" },
        { "{\"a\":null}", "{\"a\":null}", "{\"a\":null}" },
        { "{\"k\":0}", "{\"e\":{}}", "{\"k\":0,\"e\":{}}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *target = parse(cases[i].target, arena);
        struct doc *record = doc_new(arena, DOC_TABLE);
        assert_ok(tree_merge(target, parse(cases[i].patch, arena), record, arena, &err));
        assert_string_equal(print(target, arena), cases[i].merged);
        struct doc *kept = doc_new(arena, DOC_LIST);
        assert_ok(tree_unmerge(target, parse(print(record, arena), arena), kept, arena, &err));
        assert_int_equal(kept->count, 0);
        assert_string_equal(print(target, arena), cases[i].target);
    }
}

static void records_have_the_shape_of_the_original(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *target = parse("{\"a\":1}", arena), *record = doc_new(arena, DOC_TABLE);
    assert_ok(tree_merge(target, parse("{\"a\":2,\"b\":{\"c\":3}}", arena), record, arena, &err));
    assert_string_equal(print(record, arena),
                        "{\"leaves\":[{\"path\":[\"a\"],\"installed_value\":2,\"prior_value\":1},"
                        "{\"path\":[\"b\",\"c\"],\"installed_value\":3}],"
                        "\"created_parents\":[[\"b\"]]}");
}

static void what_was_changed_since_stays_and_is_named(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *target = parse("{\"a\":1}", arena), *record = doc_new(arena, DOC_TABLE);
    assert_ok(tree_merge(target, parse("{\"a\":2,\"b\":{\"c\":3}}", arena), record, arena, &err));
    static const struct {
        const char *now, *after, *kept;
    } cases[] = {
        { "{\"a\":5,\"b\":{\"c\":3,\"mine\":4}}", "{\"a\":5,\"b\":{\"mine\":4}}", "[[\"a\"]]" },
        { "{\"a\":2,\"b\":{\"c\":[3]}}", "{\"a\":1,\"b\":{\"c\":[3]}}", "[[\"b\",\"c\"]]" },
        { "{\"b\":7}", "{\"b\":7}", "[[\"b\",\"c\"]]" },
        { "{\"b\":{}}", "{}", "[]" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct doc *now = parse(cases[i].now, arena), *kept = doc_new(arena, DOC_LIST);
        assert_ok(tree_unmerge(now, record, kept, arena, &err));
        assert_string_equal(print(now, arena), cases[i].after);
        assert_string_equal(print(kept, arena), cases[i].kept);
    }
}

static void entries_of_lists_are_replaced_by_key_and_taken_out(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path, *after;
    } cases[] = {
        { "{}", "a.b", "{\"a\":{\"b\":[{\"id\":\"x\",\"v\":2},{\"id\":\"y\"}]}}" },
        { "{\"a\":[{\"id\":\"x\",\"v\":1},{\"id\":\"z\"}]}", "a",
          "{\"a\":[{\"id\":\"x\",\"v\":2},{\"id\":\"z\"},{\"id\":\"y\"}]}" },
        { "{\"a\":[{\"l\":[]}]}", "a.0.l",
          "{\"a\":[{\"l\":[{\"id\":\"x\",\"v\":2},{\"id\":\"y\"}]}]}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *target = parse(cases[i].target, arena), *record = doc_new(arena, DOC_TABLE);
        const struct tree_append append = {
            cases[i].path, "id", parse("[{\"id\":\"x\",\"v\":2},{\"id\":\"y\"}]", arena)
        };
        doc_add_text(arena, record, "path", append.path);
        doc_add_text(arena, record, "key_field", append.key_field);
        assert_ok(tree_append(target, &append, record, arena, &err));
        assert_string_equal(print(target, arena), cases[i].after);
        struct doc *changed = doc_copy(arena, target), *kept = doc_new(arena, DOC_LIST);
        assert_ok(tree_unappend(target, record, kept, arena, &err));
        assert_string_equal(print(target, arena), i == 0 ? "{}" : cases[i].target);
        assert_int_equal(kept->count, 0);
        if (i != 1)
            continue;
        tree_set(doc_find(changed, "a")->first, "v", parse("9", arena), arena);
        assert_ok(tree_unappend(changed, record, kept, arena, &err));
        assert_string_equal(print(changed, arena),
                            "{\"a\":[{\"id\":\"x\",\"v\":9},{\"id\":\"z\"}]}");
        assert_string_equal(print(kept, arena), "[[\"a\",\"x\"]]");
    }
}

static void what_is_no_table_or_list_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *record = doc_new(arena, DOC_TABLE);
    struct doc *table = parse("{\"a\":1}", arena), *list = parse("[]", arena);
    assert_fails(tree_merge(list, table, record, arena, &err), CONFLICT);
    assert_fails(tree_merge(table, list, record, arena, &err), INVALID);
    const struct tree_append at_number = { "a", "id", list };
    const struct tree_append keyless = { "l", "id", parse("[{\"x\":1}]", arena) };
    assert_fails(tree_append(table, &at_number, record, arena, &err), CONFLICT);
    assert_fails(tree_append(table, &keyless, record, arena, &err), INVALID);
    struct doc *kept = doc_new(arena, DOC_LIST);
    assert_fails(tree_unmerge(table, parse("{}", arena), kept, arena, &err), CONFLICT);
    assert_fails(tree_unappend(table, parse("{}", arena), kept, arena, &err), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_merge_is_undone_exactly),
        cmocka_unit_test(records_have_the_shape_of_the_original),
        cmocka_unit_test(what_was_changed_since_stays_and_is_named),
        cmocka_unit_test(entries_of_lists_are_replaced_by_key_and_taken_out),
        cmocka_unit_test(what_is_no_table_or_list_is_refused),
    };
    return cmocka_run_group_tests_name("client/install/tree", tests, NULL, NULL);
}
