#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/record.h"
#include "lib/base/text.h"

static void utf8_is_strict(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"
    };
    static const char *const bad[] = { "\x80",         "\xc0\x80",         "\xc3",
                                       "\xe0\x80\x80", "\xed\xa0\x80",     "\xf4\x90\x80\x80",
                                       "\xf8\x88",     "\xf0\x80\x80\x80", "a\xff" };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
}

static void printable_has_no_controls(void **state)
{
    (void)state;
    assert_true(text_is_printable("caf\xc3\xa9"));
    static const char *const bad[] = { "a\nb", "\x1b[0m", "\x7f", "\xc2\x9b" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_printable(bad[i]));
    for (unsigned char last = 0x80; last < 0xc0; last++) {
        const char at_80[] = { '\xe2', '\x80', (char)last, 0 },
                   at_81[] = { '\xe2', '\x81', (char)last, 0 };
        assert_int_equal(text_is_printable(at_80),
                         last < 0xa8 || last > 0xae); /* U+2028 to U+202E */
        assert_int_equal(text_is_printable(at_81),
                         last < 0xa6 || last > 0xa9); /* U+2066 to U+2069 */
    }
}

static void glob_keeps_stars_inside_a_segment(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        { "a/b", "a/b", true },
        { "a/*", "a/b", true },
        { "a/*", "a/b/c", false },
        { "*", "", true },
        { "a?c", "abc", true },
        { "a?c", "a/c", false },
        { "**", "a/b/c", true },
        { "a/**", "a/b/c", true },
        { "a/**", "a", true },
        { "**/c", "a/b/c", true },
        { "**/c", "c", true },
        { "**/c", "a/b/cc", false },
        { "a/**/d", "a/d", true },
        { "a/**/d", "a/b/c/d", true },
        { "a/**/d", "a/b/c/e", false },
        { "*.c", "x.c", true },
        { "*.c", "x.cc", false },
        { "a*b*c", "aXbYbZc", true },
        { "**/a/**", "x/a/y", true },
        { "**/x/*.c", "a/x/b.c", true },
        { "", "a", false },
        { "a", "", false },
        { "**/.env", "p/q/.env", true },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (text_glob(cases[i].pattern, cases[i].path) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].path);
}

static void nearest_suggests_only_what_is_near(void **state)
{
    (void)state;
    static const char *const names[] = { "filesystem", "network", "audit" };
    assert_string_equal(text_nearest("filesytem", names, 3), "filesystem");
    assert_string_equal(text_nearest("adit", names, 3), "audit");
    assert_null(text_nearest("zzzzzzz", names, 3));
}

static void json_for_a_terminal_reads_as_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *json, *escaped; /* NULL: as it is */
    } cases[] = {
        { "{\n  \"a\": \"b\\n\"\n}", NULL },
        { "\"caf\xc3\xa9 \xe2\x86\x92 \xc2\xa0\"", NULL },
        { "\"\xc2\x9b\x7f\"", "\"\\u009B\\u007F\"" },
        { "\"a\xe2\x80\xae\xe2\x81\xa9\"", "\"a\\u202E\\u2069\"" },
        { "\"\xff\"", NULL },
        { "", NULL },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(text_escape_json(cases[i].json, arena),
                            cases[i].escaped ? cases[i].escaped : cases[i].json);
}

static void escape_leaves_nothing_a_terminal_obeys(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(text_escape("ok\x1b[1m\n\xff", arena), "ok\\x1b[1m\\x0a\\xff");
    assert_string_equal(text_escape("caf\xc3\xa9\xc2\x9b", arena), "caf\xc3\xa9\\xc2\\x9b");
    /* "/tmp/txt.sh" where writing is turned around; an arrow and a Hebrew letter are as they are */
    assert_string_equal(text_escape("/tmp/\u202ehs.txt\u2069", arena),
                        "/tmp/\\xe2\\x80\\xaehs.txt\\xe2\\x81\\xa9");
    assert_string_equal(text_escape("\u2192\u05d0\u2070", arena), "\u2192\u05d0\u2070");
}

static void starts_and_ends(void **state)
{
    (void)state;
    assert_true(text_starts("abc", "ab"));
    assert_false(text_starts("a", "ab"));
    assert_true(text_ends("abc", "bc"));
    assert_false(text_ends("c", "bc"));
}

static void a_line_is_counted_in_characters(void **state)
{
    (void)state;
    assert_int_equal(text_length("na\xc3\xafve"), 5);
    assert_true(text_is_line("na\xc3\xafve", 5, 5));
    assert_false(text_is_line("na\xc3\xafve", 6, 9));
    assert_false(text_is_line("na\xc3\xafve", 0, 4));
    assert_false(text_is_line("two\nlines", 0, 99));
    assert_true(text_is_line("", 0, 0));
}

static void what_is_cut_or_obeyed_is_mended(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "" },
        { "plain", "plain" },
        { "\xc3\xa4", "\xc3\xa4" },
        { "a\xc3", "a?" },
        { "\xc3 b", "? b" },
        { "\xe2\x82", "??" },
        { "\xff\xfe", "??" },
        { "\x1b[31m\n", "?[31m?" },
        { "\xc2\x9b", "??" },
        { "a\u202eb", "a???b" },
        { "\u2069.", "???." },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[16];
        snprintf(text, sizeof(text), "%s", cases[i][0]);
        text_mend(text);
        assert_string_equal(text, cases[i][1]);
    }

    struct error err;
    error_set(&err, INVALID, "%.2s is cut", "a\xc3\xa4");
    assert_string_equal(err.message, "a? is cut");
    error_prefix(&err, "%.1s", "\xc3\xa4");
    assert_string_equal(err.message, "?: a? is cut");
    error_hint(&err, "%.1s", "\xc3\xa4");
    error_field(&err, "%.1s", "\xc3\xa4");
    assert_string_equal(err.hint, "?");
    assert_string_equal(err.field, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_counted_in_characters),
        cmocka_unit_test(what_is_cut_or_obeyed_is_mended),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(printable_has_no_controls),
        cmocka_unit_test(glob_keeps_stars_inside_a_segment),
        cmocka_unit_test(nearest_suggests_only_what_is_near),
        cmocka_unit_test(escape_leaves_nothing_a_terminal_obeys),
        cmocka_unit_test(json_for_a_terminal_reads_as_the_same),
        cmocka_unit_test(starts_and_ends),
    };
    return cmocka_run_group_tests_name("lib/base/text", tests, NULL, NULL);
}
