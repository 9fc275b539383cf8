#include "tests/support/test.h"

#include <string.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

struct item {
    const char *name;
    uint64_t size;
};

static const struct field item_fields[] = {
    TEXT(struct item, name, REQUIRED),
    U64(struct item, size, OPTIONAL),
};
static const struct record item_record = RECORD(struct item, "item", item_fields);

static bool decode(const char *text, struct arena *arena, struct item *out, struct error *err)
{
    return json_decode(text, strlen(text), &item_record, arena, out, err);
}

static void decode_fills_the_struct(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct item item;
    assert_ok(decode("{\"name\":\"a\",\"size\":9007199254740993}", arena, &item, &err));
    assert_string_equal(item.name, "a");
    assert_true(item.size == 9007199254740993U);
}

static void decode_names_place_path_and_nearest_key(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct item item;
    struct error err;
    assert_false(decode("{\"name\":\"a\",\n  \"sise\":1}", arena, &item, &err));
    assert_string_equal(err.message, "line 2, column 3: sise: unknown key");
    assert_string_equal(err.hint, "did you mean \"size\"?");
    assert_string_equal(err.field, "sise");
}

static void decode_refuses_what_is_not_the_record(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"name\":1}",
        "{\"name\":\"a\",\"size\":-1}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":\"a\"} x",
        "{\"name\":\"a\\u0000b\"}",
        "{\"name\":\"a\",\"size\":99999999999999999999}",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct item item;
        assert_fails(decode(bad[i], arena, &item, &err), INVALID);
    }
}

static void comments_keep_every_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text =
        "// first\n{ /* a */ \"url\": \"http://x\", // tail\n  \"list\": [1, 2,],\n}";
    struct doc *doc;
    assert_ok(json_parse(text, strlen(text), "p.jsonc", JSON_COMMENTS, arena, &doc, &err));
    assert_string_equal(doc_text(doc, "url"), "http://x");
    const struct doc *list = doc_find(doc, "list");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->line, 3);
    assert_int_equal(list->last->column, 15);
}

static void comments_may_be_absent(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(json_parse("{}", 2, "p.jsonc", JSON_COMMENTS, arena, &doc, &err));
    assert_ok(json_parse("\xef\xbb\xbf{}", 5, "p.jsonc", JSON_COMMENTS, arena, &doc, &err));
    assert_fails(json_parse("{}\xef\xbb\xbf", 5, "p.jsonc", JSON_COMMENTS, arena, &doc, &err),
                 INVALID);
    assert_fails(json_parse("/*", 2, "p.jsonc", JSON_COMMENTS, arena, &doc, &err), INVALID);
    assert_fails(json_parse("{} /* x", 7, "p.jsonc", JSON_COMMENTS, arena, &doc, &err), INVALID);
}

static void a_byte_order_mark_is_named_where_it_is_not_taken(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    struct error err;
    assert_false(json_parse("\xef\xbb\xbf{}", 5, "p.json", JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(err.message, "p.json:1:1: a byte order mark at the start");
}

static void print_round_trips_in_each_style(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = "{\"b\":[1,null,true],\"a\":\"x\"}";
    struct doc *doc;
    assert_ok(json_parse(text, strlen(text), NULL, JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(json_print(doc, JSON_COMPACT_KEPT, arena), text);
    assert_string_equal(json_print(doc, JSON_COMPACT_SORTED, arena),
                        "{\"a\":\"x\",\"b\":[1,null,true]}");
}

static void print_writes_each_kind_as_rfc_8259_has_it(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = "{\"ab\":{},\"a\":[],\"b\":[[-1,2.5],{\"x\":false}],"
                       "\"t\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F/\x7f\xc3\xa9\",\"e\":1e300}";
    struct doc *doc;
    assert_ok(json_parse(text, strlen(text), NULL, JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(json_print(doc, JSON_COMPACT_SORTED, arena),
                        "{\"a\":[],\"ab\":{},\"b\":[[-1,2.5],{\"x\":false}],\"e\":1e300,"
                        "\"t\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F/\x7f\xc3\xa9\"}");
    assert_ok(
        json_parse("{\"l\":[1,{}],\"o\":{\"p\":null}}", 27, NULL, JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(json_print(doc, JSON_PRETTY, arena), "{\n  \"l\": [\n    1,\n    {}\n  ],\n"
                                                             "  \"o\": {\n    \"p\": null\n  }\n}");
}

static void print_has_every_integer(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc = doc_new(arena, DOC_LIST);
    static const int64_t integers[] = { 0, 7, -10, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < COUNT(integers); i++)
        doc_add_integer(arena, doc, NULL, integers[i]);
    assert_string_equal(json_print(doc, JSON_COMPACT_KEPT, arena),
                        "[0,7,-10,9223372036854775807,-9223372036854775808]");
}

/* Whatever their number, and however they stood before. */
static void print_sorts_members_by_key(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 40; count++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc = doc_new(arena, DOC_TABLE);
        const char *expected = "";
        for (size_t i = 0; i < count; i++) { /* 41 is prime: each once, in no order */
            size_t key = (i + 1) * 7 % 41;
            doc_add_null(arena, doc, arena_printf(arena, "%02zu", key));
        }
        for (size_t key = 0; key < 41; key++) {
            const char *name = arena_printf(arena, "%02zu", key);
            if (doc_find(doc, name))
                expected =
                    arena_printf(arena, "%s%s\"%s\":null", expected, *expected ? "," : "", name);
        }
        assert_string_equal(json_print(doc, JSON_COMPACT_SORTED, arena),
                            arena_printf(arena, "{%s}", expected));
    }
}

static void print_is_utf8_whatever_it_is_given(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "path", "a\xff\xc3(b");
    assert_string_equal(json_print(doc, JSON_COMPACT_KEPT, arena),
                        "{\"path\":\"a\\uFFFD\\uFFFD(b\"}");
}

/* Looks between pieces of an arena too, which AddressSanitizer has closed and nobody has set. */
__attribute__((no_sanitize("address"))) static bool memory_holds(const char *memory, size_t len,
                                                                 const char *word)
{
#ifdef VALGRIND_MAKE_MEM_DEFINED
    (void)VALGRIND_MAKE_MEM_DEFINED(memory, len);
#endif
    for (size_t at = 0; at < len; at++) {
        size_t same = 0;
        while (word[same] && at + same < len && memory[at + same] == word[same])
            same++;
        if (!word[same])
            return true;
    }
    return false;
}

static void print_leaves_no_copy_but_the_one_returned(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc = doc_new(arena, DOC_LIST);
    doc_add_text(arena, doc, NULL, "s3cret-word");
    doc_add_text(arena, doc, NULL,
                 arena_printf(arena, "%1500s", "")); /* more than a first buffer */
    const char *members = arena_alloc(arena, 1, 1);  /* what printing takes comes behind it */
    const char *text = json_print(doc, JSON_COMPACT_KEPT, arena);
    assert_non_null(strstr(text, "s3cret-word"));
    size_t before = text > members ? (size_t)(text - members) : 0;
    assert_true(before > 1024); /* it grew, in the same block */
    assert_false(memory_holds(members, before, "s3cret-word"));
    assert_true(memory_holds(members, before + strlen(text), "s3cret-word"));
}

static void reals_have_as_few_digits_as_read_back_the_same(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "1.10", "1.1" },
        { "1e2", "100.0" },
        { "0.1", "0.1" },
        { "-0.0", "-0.0" },
        { "1E-7", "1e-7" },
        { "1e20", "1e20" },
        { "5e-324", "5e-324" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "2.2250738585072014e-308", "2.2250738585072014e-308" },
        { "1.7976931348623157e308", "1.7976931348623157e308" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_ok(
            json_parse(cases[i][0], strlen(cases[i][0]), NULL, JSON_PLAIN, arena, &doc, &err));
        assert_string_equal(json_print(doc, JSON_COMPACT_KEPT, arena), cases[i][1]);
    }
}

/* "[]," is three bytes of text and a hundred times that in memory. */
static void values_are_counted_before_they_are_made(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t max = 2 * (size_t)LIMIT_DOC_VALUES + 1; /* "[1,1,...,1]" */
    char *text = arena_alloc(arena, max, 1);
    struct doc *doc;
    text[0] = '[';
    for (size_t i = 1; i < max; i += 2)
        memcpy(text + i, "1,", 2);
    text[max - 1] = ']';
    assert_fails(json_parse(text, max, "f", JSON_PLAIN, arena, &doc, &err), TOO_LARGE);
    text[max - 3] = ']'; /* one less, as the list itself is a value */
    assert_ok(json_parse(text, max - 2, "f", JSON_PLAIN, arena, &doc, &err));
    assert_int_equal(doc_count(doc), LIMIT_DOC_VALUES);
    text[max - 3] = ',';
    text[1] = text[max - 2] = '"'; /* what stands in text is none */
    assert_ok(json_parse(text, max, "f", JSON_PLAIN, arena, &doc, &err));
    assert_int_equal(doc->count, 1);
}

static void a_comment_that_does_not_end_has_its_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char text[] = "{\n  \"a\": /* x";
    struct doc *doc;
    struct error err;
    assert_false(json_parse(text, strlen(text), "f.json", JSON_COMMENTS, arena, &doc, &err));
    assert_string_equal(err.message, "f.json:2:8: this comment does not end");
}

static void a_fault_without_a_file_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place, *file_place;
    } cases[] = {
        { "{\"a\":", "line 1, column 5: ", "a.json:1:5: " },
        { "{\n \"a\": 1,,\n}", "line 2, column 9: ", "a.json:2:9: " },
        { "\xef\xbb\xbf{}", "line 1, column 1: ", "a.json:1:1: " },
        { "{\n/* ", "line 2, column 1: ", "a.json:2:1: " },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        enum json_syntax syntax = text[2] == '/' ? JSON_COMMENTS : JSON_PLAIN;
        struct error err;
        struct doc *doc;
        assert_false(json_parse(text, strlen(text), NULL, syntax, arena, &doc, &err));
        if (!text_starts(err.message, cases[i].place))
            fail_msg("%s", err.message);
        assert_false(json_parse(text, strlen(text), "a.json", syntax, arena, &doc, &err));
        assert_true(text_starts(err.message, cases[i].file_place));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_have_as_few_digits_as_read_back_the_same),
        cmocka_unit_test(decode_fills_the_struct),
        cmocka_unit_test(values_are_counted_before_they_are_made),
        cmocka_unit_test(a_comment_that_does_not_end_has_its_place),
        cmocka_unit_test(decode_names_place_path_and_nearest_key),
        cmocka_unit_test(decode_refuses_what_is_not_the_record),
        cmocka_unit_test(comments_keep_every_place),
        cmocka_unit_test(comments_may_be_absent),
        cmocka_unit_test(a_byte_order_mark_is_named_where_it_is_not_taken),
        cmocka_unit_test(print_round_trips_in_each_style),
        cmocka_unit_test(print_writes_each_kind_as_rfc_8259_has_it),
        cmocka_unit_test(print_has_every_integer),
        cmocka_unit_test(print_sorts_members_by_key),
        cmocka_unit_test(print_is_utf8_whatever_it_is_given),
        cmocka_unit_test(print_leaves_no_copy_but_the_one_returned),
        cmocka_unit_test(a_fault_without_a_file_is_told_in_words),
    };
    return cmocka_run_group_tests_name("lib/json/json", tests, NULL, NULL);
}
