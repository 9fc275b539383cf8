#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/yaml/yaml.h"

static bool parse(const char *text, struct arena *arena, struct doc **out, struct error *err)
{
    return yaml_parse(text, strlen(text), "p.yaml", arena, out, err);
}

static void collections_keep_order_and_places(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("filesystem:\n  read:\n    - /a\n    - \"/b\" # tail\nnetwork: {block: true}\n",
                    arena, &doc, &err));
    const struct doc *read = doc_find(doc_find(doc, "filesystem"), "read");
    assert_int_equal(read->count, 2);
    assert_int_equal(read->key_line, 2);
    assert_int_equal(read->key_column, 3);
    assert_int_equal(read->last->line, 4);
    assert_int_equal(read->last->column, 7);
    assert_string_equal(read->last->text, "/b");
    assert_true(doc_find(doc_find(doc, "network"), "block")->boolean);
    assert_string_equal(doc->source, "p.yaml");
}

static void a_byte_order_mark_takes_no_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("\xef\xbb\xbf"
                    "a: 1\nb: 2\n",
                    arena, &doc, &err));
    assert_int_equal(doc_find(doc, "a")->key_column, 1);
    assert_int_equal(doc_find(doc, "b")->integer, 2);
    assert_fails(parse("a: 1\n  \xef\xbb\xbf"
                       "b: 2\n",
                       arena, &doc, &err),
                 INVALID);
}

static void plain_scalars_follow_the_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum doc_kind kind;
    } cases[] = {
        { "~", DOC_NULL },        { "null", DOC_NULL },    { "", DOC_NULL },
        { "true", DOC_BOOL },     { "FALSE", DOC_BOOL },   { "yes", DOC_TEXT },
        { "no", DOC_TEXT },       { "on", DOC_TEXT },      { "12", DOC_INTEGER },
        { "-0", DOC_INTEGER },    { "0x1F", DOC_INTEGER }, { "0o17", DOC_INTEGER },
        { "017", DOC_INTEGER },   { "1.5", DOC_REAL },     { ".5", DOC_REAL },
        { "1e3", DOC_REAL },      { "1.", DOC_REAL },      { "+1.5E-3", DOC_REAL },
        { "1e", DOC_TEXT },       { "1.2.3", DOC_TEXT },   { "'12'", DOC_TEXT },
        { "\"true\"", DOC_TEXT }, { "0x", DOC_TEXT },      { "2026-11-23", DOC_TEXT },
        { ".", DOC_TEXT },        { "0b1", DOC_TEXT },     { "0o9", DOC_TEXT },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_ok(parse(arena_printf(arena, "a: %s", cases[i].yaml), arena, &doc, &err));
        assert_int_equal(doc->first->kind, cases[i].kind);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("[0x1F, 0o17, 017, -9223372036854775808, 2.5]", arena, &doc, &err));
    const struct doc *item = doc->first;
    static const int64_t values[] = { 31, 15, 17, INT64_MIN };
    for (size_t i = 0; i < COUNT(values); i++, item = item->next)
        assert_true(item->integer == values[i]);
    assert_true(item->real == 2.5);
}

static void aliases_are_copies(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("base: &b [/a, &x /b]\nmore: *b\none: *x\n", arena, &doc, &err));
    assert_true(doc_equal(doc_find(doc, "base"), doc_find(doc, "more")));
    assert_ptr_not_equal(doc_find(doc, "base"), doc_find(doc, "more"));
    assert_int_equal(doc_find(doc, "more")->line, 2);
    assert_string_equal(doc_text(doc, "one"), "/b");
}

static void an_empty_document_is_null(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("# nothing\n", arena, &doc, &err));
    assert_int_equal(doc->kind, DOC_NULL);
}

static void faults_name_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        { "a: 1\na: 2", "p.yaml:2:1: this key is there already" },
        { "a: !!str 1", "p.yaml:1:4: tags are not read" },
        { "a: !x {}", "p.yaml:1:4: tags are not read" },
        { "b: &b {x: 1}\na:\n  <<: *b\n",
          "p.yaml:3:3: merge keys (<<) are not read: write the keys out" },
        { "a: *b", "p.yaml:1:4: this alias names nothing" },
        { "a: &b [*b]", "p.yaml:1:8: this alias leads into itself" },
        { "a: 1\n---\nb: 2\n", "p.yaml:2:1: a second document" },
        { "[a]: 1", "p.yaml:1:1: a key must be text" },
        { "? {a: b}\n: 1", "p.yaml:1:3: a key must be text" },
        { "x: &x 1\n*x : 1", "p.yaml:2:1: a key must be text" },
        { "a: .inf", "p.yaml:1:4: this number cannot be held" },
        { "a: .NaN", "p.yaml:1:4: this number cannot be held" },
        { "a: 1e999", "p.yaml:1:4: this number cannot be held" },
        { "a: 9223372036854775808", "p.yaml:1:4: this number cannot be held" },
        { "a: 0xffffffffffffffff", "p.yaml:1:4: this number cannot be held" },
        { "\"a\\0b\": 1", "p.yaml:1:1: a key contains NUL" },
        { "a: \xff", "p.yaml:1:1: not UTF-8" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        struct error err = { 0 };
        assert_false(parse(cases[i].yaml, arena, &doc, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static void what_is_not_yaml_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "a: [",   "a: b: c",   "\ta: 1",
                                       "a: \"x", "- a\nb: 1", "%YAML 9.9\n---\na" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_fails(parse(bad[i], arena, &doc, &err), INVALID);
    }
}

static void aliases_cannot_blow_up(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    const char *bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                       "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert_fails(parse(bomb, arena, &doc, &err), INVALID);

    char deep[LIMIT_DOC_DEPTH * 3 + 16];
    memset(deep, '[', sizeof(deep));
    deep[LIMIT_DOC_DEPTH + 2] = '\0';
    assert_fails(parse(deep, arena, &doc, &err), INVALID);

    /* an alias of 40 levels inside 40 levels is 80 deep */
    char alias[512] = "a: &a ";
    size_t len = strlen(alias);
    memset(alias + len, '[', 40), len += 40;
    memset(alias + len, ']', 40), len += 40;
    memcpy(alias + len, "\nb: ", 4), len += 4;
    memset(alias + len, '[', 40), len += 40;
    memcpy(alias + len, "*a", 2), len += 2;
    memset(alias + len, ']', 40);
    assert_fails(parse(alias, arena, &doc, &err), INVALID);
}

static void huge_tables_are_refused_in_bounded_time(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t max = 400000, len = 0;
    char *text = arena_alloc(arena, max, 1);
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(text + len, max - len, "k%d: %d\n", i, i);
    struct doc *doc;
    assert_fails(parse(text, arena, &doc, &err), INVALID);
}

/* libyaml compares each with all before it: a mebibyte of them takes it minutes. */
static void many_tag_directives_are_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t max = 40000, len = 0;
    char *text = arena_alloc(arena, max, 1);
    struct doc *doc;
    struct error err;
    for (int i = 0; i < 1001; i++)
        len += (size_t)snprintf(text + len, max - len, "%%TAG !a%d! tag:x\n", i);
    (void)snprintf(text + len, max - len, "---\na: 1\n");
    assert_false(parse(text, arena, &doc, &err));
    assert_non_null(strstr(err.message, "over 1000 times %TAG"));
    assert_true(parse(text + strcspn(text, "\n") + 1, arena, &doc, &err));
}

static void a_fault_without_a_file_is_told_in_words(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char text[] = "ok: 1\na: *x";
    struct error err;
    struct doc *doc;
    assert_false(yaml_parse(text, strlen(text), NULL, arena, &doc, &err));
    assert_true(text_starts(err.message, "line 2, column 4: "));
    assert_false(yaml_parse(text, strlen(text), "a.yaml", arena, &doc, &err));
    assert_true(text_starts(err.message, "a.yaml:2:4: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collections_keep_order_and_places),
        cmocka_unit_test(a_byte_order_mark_takes_no_place),
        cmocka_unit_test(plain_scalars_follow_the_core_schema),
        cmocka_unit_test(aliases_are_copies),
        cmocka_unit_test(an_empty_document_is_null),
        cmocka_unit_test(faults_name_the_place),
        cmocka_unit_test(what_is_not_yaml_is_refused),
        cmocka_unit_test(aliases_cannot_blow_up),
        cmocka_unit_test(huge_tables_are_refused_in_bounded_time),
        cmocka_unit_test(many_tag_directives_are_refused),
        cmocka_unit_test(a_fault_without_a_file_is_told_in_words),
    };
    return cmocka_run_group_tests_name("lib/yaml/yaml", tests, NULL, NULL);
}
