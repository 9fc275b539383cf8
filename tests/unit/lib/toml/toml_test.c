#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/toml/toml.h"

static bool parse(const char *text, struct arena *arena, struct doc **out, struct error *err)
{
    return toml_parse(text, strlen(text), "p.toml", arena, out, err);
}

static void tables_keep_order_and_places(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(
        parse("# head\nname = \"a\"\r\n\n[net.allow]\n  hosts = [ \"x\",\n    'y', # tail\n]\n",
              arena, &doc, &err));
    assert_string_equal(doc_text(doc, "name"), "a");
    const struct doc *net = doc_find(doc, "net"), *allow = doc_find(net, "allow");
    assert_int_equal(net->key_line, 4);
    const struct doc *hosts = doc_find(allow, "hosts");
    assert_int_equal(hosts->count, 2);
    assert_int_equal(hosts->key_line, 5);
    assert_int_equal(hosts->key_column, 3);
    assert_int_equal(hosts->last->line, 6);
    assert_int_equal(hosts->last->column, 5);
    assert_string_equal(hosts->last->text, "y");
    assert_string_equal(doc->last->source, "p.toml");
}

static void strings_are_read_in_all_four_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *toml, *text;
    } cases[] = {
        { "\"a\\tb\\\\ \\\"c\\\" \\b\\n\\f\\r\"", "a\tb\\ \"c\" \b\n\f\r" },
        { "\"\\u00e9\\u20ac\\U0001F600\\u0041\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
                                                  "A" },
        { "'C:\\x'", "C:\\x" },
        { "\"\"\"\nroses\nred\"\"\"", "roses\nred" },
        { "\"\"\"a \\\n   \n  b\"\"\"", "a b" },
        { "\"\"\"\"two\"\"\"\"\"", "\"two\"\"" },
        { "\"\"\"a\\\"\"\"b\"\"\"", "a\"\"\"b" },
        { "'''\nit''s \\ '''", "it''s \\ " },
        { "\"\"", "" },
        { "''''''", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        const char *text = arena_printf(arena, "a = %s # c", cases[i].toml);
        assert_ok(parse(text, arena, &doc, &err));
        assert_string_equal(doc_text(doc, "a"), cases[i].text);
    }
}

static void numbers_have_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *toml;
        int64_t value;
    } cases[] = {
        { "0", 0 },
        { "+99", 99 },
        { "-17", -17 },
        { "1_000_000", 1000000 },
        { "0xDEAD_beef", 0xdeadbeef },
        { "0o755", 0755 },
        { "0b1101", 13 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_ok(parse(arena_printf(arena, "a=%s", cases[i].toml), arena, &doc, &err));
        assert_int_equal(doc->first->kind, DOC_INTEGER);
        assert_true(doc->first->integer == cases[i].value);
    }
}

static void reals_have_their_values(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("a=[3.14, -0.5, 5e+2, 1_0.5_0E-1, -inf, nan, +inf]", arena, &doc, &err));
    static const double values[] = { 3.14, -0.5, 500, 1.05, -INFINITY };
    const struct doc *item = doc->first->first;
    for (size_t i = 0; i < COUNT(values); i++, item = item->next) {
        assert_int_equal(item->kind, DOC_REAL);
        assert_true(item->real == values[i]);
    }
    assert_true(isnan(item->real));
}

static void times_are_kept_as_text(void **state)
{
    (void)state;
    static const char *const times[] = {
        "1979-05-27T07:32:00Z",
        "1979-05-27T00:32:00.999999-07:00",
        "1979-05-27T07:32:00",
        "1979-05-27",
        "07:32:00",
        "2000-02-29",
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_ok(parse(arena_printf(arena, "a=%s\nb=true", times[i]), arena, &doc, &err));
        assert_int_equal(doc->first->kind, DOC_TIME);
        assert_string_equal(doc->first->text, times[i]);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("a=1979-05-27 07:32:00z", arena, &doc, &err));
    assert_string_equal(doc->first->text, "1979-05-27T07:32:00z");
}

static void a_quoted_key_with_nul_is_not_its_beginning(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc, *again;
    assert_ok(parse("\"read\\u0000x\" = 1", arena, &doc, &err));
    assert_null(doc_find(doc, "read"));
    assert_int_equal(doc->first->key_len, 6);
    assert_ok(parse("\"read\\u0000y\" = 1", arena, &again, &err));
    assert_false(doc_equal(doc, again));
    assert_true(doc_equal(doc, doc_copy(arena, doc)));
}

static void tables_grow_where_toml_lets_them(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("[a.b.c]\nx=1\n[a]\nd.e=1\nd.f=2\n[[t]]\nn=1\n[t.sub]\nm=1\n[[t]]\nn=2\n"
                    "[fruit]\napple.color=1\n[fruit.apple.taste]\nsweet=true\n"
                    "[z]\ni = {p.q = 1, p.r = {}}\n",
                    arena, &doc, &err));
    const struct doc *a = doc_find(doc, "a");
    assert_non_null(doc_find(doc_find(a, "b"), "c"));
    assert_int_equal(doc_find(a, "d")->count, 2);
    const struct doc *t = doc_find(doc, "t");
    assert_int_equal(t->kind, DOC_LIST);
    assert_int_equal(t->count, 2);
    assert_non_null(doc_find(t->first, "sub"));
    assert_null(doc_find(t->last, "sub"));
    assert_non_null(doc_find(doc_find(doc_find(doc, "fruit"), "apple"), "taste"));
}

static void faults_name_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *toml, *message;
    } cases[] = {
        { "a = 1\na = 2", "p.toml:2:1: a: is there already (line 1)" },
        { "a = \"x", "p.toml:1:7: this string does not end" },
        { "a = \"x\ny\"", "p.toml:1:7: this string does not end on its line" },
        { "[a]\nb = 1\n[a]", "p.toml:3:2: a: is there already (line 1)" },
        { "a = tru", "p.toml:1:5: expected a value; text stands in quotes" },
        { "a = truest", "p.toml:1:9: expected a value; text stands in quotes" },
        { "a", "p.toml:1:2: expected = behind the key" },
        { "a = 012", "p.toml:1:5: a number does not begin with 0" },
        { "ok = 1\n\xff = 2", "p.toml:2:1: not UTF-8" },
        { "a = 1 b = 2", "p.toml:1:7: expected the end of the line" },
        { "a = [1 2]", "p.toml:1:8: expected , or ] behind this item" },
        { "a = {b = 1", "p.toml:1:11: expected , or } behind this value" },
        { "a = \"\\q\"", "p.toml:1:7: unknown escape; a backslash is written \\\\" },
        { "# bell \a", "p.toml:1:8: a control character in a comment" },
        { "a = '\a'", "p.toml:1:6: a control character in a string; write \\u0007" },
        { "[a", "p.toml:1:3: expected ] behind the key" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        struct error err = { 0 };
        assert_false(parse(cases[i].toml, arena, &doc, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static void what_is_not_toml_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "= 1",
        "a =",
        "a = 1__0",
        "a = 1_",
        "a = _1",
        "a = 0x",
        "a = 0xg",
        "a = +0x1",
        "a = 1.",
        "a = .5",
        "a = 1.e5",
        "a = 1e",
        "a = 9223372036854775808",
        "a = 0xffffffffffffffff",
        "a = 1979-13-01",
        "a = 1979-02-29",
        "a = 1900-02-29",
        "a = 25:00:00",
        "a = 07:32",
        "a = 1979-05-27T07:32:00+25:00",
        "a = 07:32:00.",
        "a = 1979-05-27x",
        "a = \"\\ud800\"",
        "a = \"\\U00110000\"",
        "a = \"\\u12\"",
        "a = '''x",
        "a = \"\"\"x\\ y\"\"\"",
        "\"\"\"k\"\"\" = 1",
        "a = {b = 1,}",
        "a = {\nb = 1}",
        "a = {b = 1, b = 2}",
        "a = {}\na.b = 1",
        "a = {}\n[a.b]",
        "a = []\n[[a]]",
        "[[a]]\n[a]",
        "[a]\n[[a]]",
        "a.b = 1\n[a]",
        "[a.b]\n[a]\nb.c = 1",
        "a = 1\na.b = 2",
        "a = 1\n[a.b]",
        "a = \r1",
        "[]",
        "[a.]",
        "[[a]",
        "a..b = 1",
        "a = 1979-05-27 7",
        "a = infx",
        "a = 0o8",
        "a = 0z1",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        assert_fails(parse(bad[i], arena, &doc, &err), INVALID);
    }
}

static const char *repeat(struct arena *arena, const char *text, size_t times, const char *tail)
{
    size_t len = strlen(text);
    char *out = arena_alloc(arena, times * len + strlen(tail) + 1, 1);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, text, len);
    memcpy(out + times * len, tail, strlen(tail));
    return out;
}

static void depth_is_bounded_in_every_form(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    static const struct {
        const char *head, *step, *tail;
    } forms[] = {
        { "x=", "[", "" },   { "x=", "{a=", "" },   { "", "a.", "b=1" },
        { "[", "a.", "b]" }, { "[[", "a.", "b]]" },
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        const char *deep = repeat(arena, forms[i].step, 100000, forms[i].tail);
        struct error err = { 0 };
        assert_false(parse(arena_printf(arena, "%s%s", forms[i].head, deep), arena, &doc, &err));
        assert_non_null(strstr(err.message, "nested deeper than 64"));
    }
    assert_ok(parse(repeat(arena, "a.", 63, "b=1"), arena, &doc, &err));
    const char *open = repeat(arena, "[", 63, ""), *closed = repeat(arena, "]", 63, "");
    assert_ok(parse(arena_printf(arena, "x=%s%s", open, closed), arena, &doc, &err));
    assert_fails(parse(arena_printf(arena, "x=1%0400d", 1), arena, &doc, &err), INVALID);
}

static void many_keys_are_all_found(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *text = arena_alloc(arena, 300000, 1);
    size_t len = 0;
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(text + len, 300000 - len, "k%d=%d\n", i, i);
    struct doc *doc;
    assert_ok(parse(text, arena, &doc, &err));
    assert_int_equal(doc->count, 20000);
    assert_int_equal(doc->last->integer, 19999);
    (void)snprintf(text + len, 300000 - len, "k777=1");
    assert_fails(parse(text, arena, &doc, &err), INVALID);
}

static void values_have_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *head, *each;
    } cases[] = { { "a=[", "1," }, { "", "[[a]]\n" }, { "", "" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        size_t max = 16 * (size_t)LIMIT_DOC_VALUES;
        char *text = arena_alloc(arena, max + 1, 1);
        size_t len = (size_t)snprintf(text, max, "%s", cases[i].head);
        for (int j = 0; j <= LIMIT_DOC_VALUES / (*cases[i].each ? 1 : 2); j++)
            len += *cases[i].each ? (size_t)snprintf(text + len, max - len, "%s", cases[i].each)
                                  : (size_t)snprintf(text + len, max - len, "a%d.b=1\n", j);
        struct doc *doc;
        struct error err;
        assert_false(parse(text, arena, &doc, &err));
        assert_non_null(strstr(err.message, "over 250000 values"));
    }
}

static void an_empty_document_is_an_empty_table(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc;
    assert_ok(parse("", arena, &doc, &err));
    assert_int_equal(doc->kind, DOC_TABLE);
    assert_ok(parse("\xef\xbb\xbf# only a comment", arena, &doc, &err));
    assert_int_equal(doc->count, 0);
}

static void a_fault_without_a_file_is_told_in_words(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char text[] = "ok = 1\na = 1 b = 2";
    struct error err;
    struct doc *doc;
    assert_false(toml_parse(text, strlen(text), NULL, arena, &doc, &err));
    assert_true(text_starts(err.message, "line 2, column 7: "));
    assert_false(toml_parse(text, strlen(text), "a.toml", arena, &doc, &err));
    assert_true(text_starts(err.message, "a.toml:2:7: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_keep_order_and_places),
        cmocka_unit_test(strings_are_read_in_all_four_kinds),
        cmocka_unit_test(numbers_have_their_values),
        cmocka_unit_test(reals_have_their_values),
        cmocka_unit_test(times_are_kept_as_text),
        cmocka_unit_test(a_quoted_key_with_nul_is_not_its_beginning),
        cmocka_unit_test(tables_grow_where_toml_lets_them),
        cmocka_unit_test(faults_name_the_place),
        cmocka_unit_test(what_is_not_toml_is_refused),
        cmocka_unit_test(depth_is_bounded_in_every_form),
        cmocka_unit_test(many_keys_are_all_found),
        cmocka_unit_test(values_have_a_limit),
        cmocka_unit_test(an_empty_document_is_an_empty_table),
        cmocka_unit_test(a_fault_without_a_file_is_told_in_words),
    };
    return cmocka_run_group_tests_name("lib/toml/toml", tests, NULL, NULL);
}
