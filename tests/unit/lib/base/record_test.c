/* USES lib/json */
#include "tests/support/test.h"

#include <string.h>

#include "lib/json/json.h"

static const char *const colours[] = { "red", "green", NULL };

struct part {
    const char *name;
};

struct thing {
    const char *name;
    uint64_t size;
    int64_t offset, made;
    bool on;
    int colour;
    struct part *part;
    struct list parts, words;
    const struct doc *rest;
};

static const struct field part_fields[] = { TEXT(struct part, name, REQUIRED) };
static const struct record part_record = RECORD(struct part, "part", part_fields);
static const struct field thing_fields[] = {
    TEXT(struct thing, name, OPTIONAL),
    U64(struct thing, size, OPTIONAL),
    I64(struct thing, offset, OPTIONAL),
    TIME(struct thing, made, OPTIONAL),
    BOOL(struct thing, on, OPTIONAL),
    ENUM(struct thing, colour, colours, OPTIONAL),
    NESTED(struct thing, part, struct part, &part_record, OPTIONAL),
    LIST(struct thing, parts, &part_record, OPTIONAL),
    TEXTS(struct thing, words, OPTIONAL),
    DOC(struct thing, rest, OPTIONAL),
};
static const struct record thing_record = RECORD(struct thing, "thing", thing_fields);
static const struct record open_record = RECORD_OPEN(struct thing, "thing", thing_fields);

static bool decode(const char *text, const struct record *record, struct arena *arena,
                   struct thing *out, struct error *err)
{
    return json_decode(text, strlen(text), record, arena, out, err);
}

static void every_kind_round_trips(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char text[] =
        "{\"colour\":\"green\",\"made\":\"2026-11-23T00:00:00.000000Z\",\"name\":\"n\",\"offset\":-4,"
        "\"on\":true,\"part\":{\"name\":\"p\"},\"parts\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
        "\"rest\":{\"x\":[1.5,null]},\"size\":7,\"words\":[\"u\",\"v\"]}";
    struct thing thing;
    assert_ok(decode(text, &thing_record, arena, &thing, &err));
    assert_int_equal(thing.colour, 1);
    assert_string_equal(thing.part->name, "p");
    assert_string_equal(LIST_AT(thing.parts, struct part, 1)->name, "b");
    assert_string_equal(*LIST_AT(thing.words, const char *, 0), "u");
    assert_string_equal(json_encode(&thing_record, &thing, arena), text);
}

static void absence_is_zero_and_left_out(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct thing thing;
    assert_ok(decode("{\"name\":null}", &thing_record, arena, &thing, &err));
    assert_null(thing.name);
    assert_int_equal(thing.parts.count, 0);
    const char *text = json_encode(&thing_record, &thing, arena);
    assert_null(strstr(text, "name"));
    assert_null(strstr(text, "made"));
}

static void faults_name_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field, *message;
    } cases[] = {
        { "{\"part\":{}}", "part.name", "line 1, column 9: part.name: missing" },
        { "{\"parts\":[{\"name\":\"a\"},{\"nam\":1}]}", "parts[1].nam",
          "line 1, column 25: parts[1].nam: unknown key" },
        { "{\"words\":[\"a\",2]}", "words[1]",
          "line 1, column 15: words[1]: expected text, found a whole number" },
        { "{\"colour\":\"blue\"}", "colour", "line 1, column 11: colour: unknown value \"blue\"" },
        { "{\"made\":\"today\"}", "made",
          "line 1, column 9: made: expected a time as in RFC 3339, found text" },
        { "{\"on\":1}", "on",
          "line 1, column 7: on: expected true or false, found a whole number" },
        { "{\"size\":-1}", "size",
          "line 1, column 9: size: expected a whole number from 0, found a negative number" },
        { "{\"parts\":{}}", "parts", "line 1, column 10: parts: expected a list, found a table" },
        { "[]", "", "line 1, column 1: expected a thing table, found a list" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct thing thing;
        struct error err;
        assert_false(decode(cases[i].text, &thing_record, arena, &thing, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.field, cases[i].field);
    }
}

static void an_open_record_passes_over_unknown_keys(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct thing thing;
    assert_ok(decode("{\"more\":1,\"size\":2}", &open_record, arena, &thing, &err));
    assert_int_equal(thing.size, 2);
}

/* Text that ends at its NUL for one reader is another text for the next. */
static void nul_is_in_no_text_of_a_record(void **state)
{
    (void)state;
    static const char *const texts[] = { "{\"name\":\"x\\u0000y\"}",
                                         "{\"colour\":\"green\\u0000\"}",
                                         "{\"made\":\"2026-01-01T00:00:00Z\\u0000\"}" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct thing thing;
        struct error err;
        assert_false(decode(texts[i], &open_record, arena, &thing, &err));
    }
}

static void documents_compare_by_value(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char *const texts[] = {
        "{\"a\":1,\"b\":[true,null,1.5,\"x\"]}",
        "{\"b\":[true,null,1.5,\"x\"],\"a\":1}",
        "{\"a\":1,\"b\":[true,null,1.5]}",
        "{\"a\":1}",
        "[1]",
        "{\"a\":1,\"c\":[true,null,1.5,\"x\"]}",
    };
    struct doc *docs[COUNT(texts)];
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_ok(json_parse(texts[i], strlen(texts[i]), NULL, JSON_PLAIN, arena, &docs[i], &err));
    assert_true(doc_equal(docs[0], docs[1]));
    assert_true(doc_equal(docs[0], doc_copy(arena, docs[0])));
    for (size_t i = 2; i < COUNT(texts); i++)
        assert_false(doc_equal(docs[0], docs[i]));
    assert_null(doc_find(docs[4], "a"));
    assert_null(doc_text(docs[0], "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_round_trips),
        cmocka_unit_test(absence_is_zero_and_left_out),
        cmocka_unit_test(faults_name_the_path),
        cmocka_unit_test(an_open_record_passes_over_unknown_keys),
        cmocka_unit_test(nul_is_in_no_text_of_a_record),
        cmocka_unit_test(documents_compare_by_value),
    };
    return cmocka_run_group_tests_name("lib/base/record", tests, NULL, NULL);
}
