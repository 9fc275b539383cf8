#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "client/install/block.h"
#include "lib/base/record.h"

static const char *put(const char *text, const char *content, enum block_place place,
                       struct arena *arena)
{
    const char *out;
    size_t len;
    const struct block block = { "id", content, place };
    assert_ok(block_put(text, strlen(text), &block, arena, &out, &len, &err));
    return out;
}

#define MARKED(content) "# >>> nono:id >>>\n" content "# <<< nono:id <<<\n"

static void a_block_goes_where_it_means_what_it_says_and_comes_out_again(void **state)
{
    (void)state;
    static const struct {
        const char *text, *content;
        enum block_place place;
        const char *after;
    } cases[] = {
        { "", "a = 1\n", BLOCK_AT_END, MARKED("a = 1\n") },
        { "b = 2\n", "a = 1", BLOCK_AT_END, "b = 2\n\n" MARKED("a = 1\n") },
        { "b = 2\n\n[t]\nc = 3\n", "a = 1\n", BLOCK_AT_TOP,
          "b = 2\n\n" MARKED("a = 1\n") "\n[t]\nc = 3\n" },
        /* at the end it would be t.a */
        { "b = 2\n[t]\nc = 3\n", "a = 1\n", BLOCK_AT_END,
          "b = 2\n" MARKED("a = 1\n") "\n[t]\nc = 3\n" },
        { "[t]\nc = 3\n", "[u]\na = 1\n", BLOCK_AT_END, "[t]\nc = 3\n\n" MARKED("[u]\na = 1\n") },
        /* a bracket in a text of several lines is no table */
        { "s = \"\"\"\n[x]\n\"\"\"\n[t]\n", "a = 1\n", BLOCK_AT_TOP,
          "s = \"\"\"\n[x]\n\"\"\"\n" MARKED("a = 1\n") "\n[t]\n" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *after = put(cases[i].text, cases[i].content, cases[i].place, arena), *out;
        size_t len;
        assert_string_equal(after, cases[i].after);
        assert_string_equal(put(after, cases[i].content, cases[i].place, arena), after);
        assert_ok(block_take(after, strlen(after), "id", arena, &out, &len, &err));
        assert_string_equal(out, cases[i].text);
    }
}

static void the_blank_line_of_a_block_goes_with_it_whatever_follows(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *left;
        enum block_place place;
    } cases[] = {
        { "a = 1\r\n", "[x]\ny=1\n", "a = 1\r\n[x]\ny=1\n", BLOCK_AT_END },
        { "a = 1\n", "[x]\ny=1\n", "a = 1\n[x]\ny=1\n", BLOCK_AT_END },
        { "a = 1\n\n", "[x]\n", "a = 1\n\n[x]\n", BLOCK_AT_END },
        { "", "[x]\n", "[x]\n", BLOCK_AT_END },
        { "a = 1\n\n[t]\n", "[x]\n", "a = 1\n\n[t]\n[x]\n", BLOCK_AT_TOP },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *made = put(cases[i].before, "b = 1\n", cases[i].place, arena), *out;
        size_t len;
        made = arena_printf(arena, "%s%s", made, cases[i].after);
        assert_ok(block_take(made, strlen(made), "id", arena, &out, &len, &err));
        assert_string_equal(out, cases[i].left);
    }
}

/* A line behind a block is of the block's last table: elsewhere it would say something else. */
static void a_block_stays_where_a_line_needs_it(void **state)
{
    (void)state;
    static const struct {
        const char *before, *content, *after, *left; /* NULL: it stays */
    } cases[] = {
        { "[s]\na = 1\n", "[f]\nb = 1\n", "c = 2\n", NULL },
        { "", "[f]\nb = 1\n", "c = 2\n", NULL },
        { "[s]\nc = 1\n", "[f]\nb = 1\n", "c = 2\n", NULL }, /* not TOML then */
        { "", "[[f]]\nb = 1\n", "[f.e]\nc = 2\n", NULL },
        { "[s]\na = 1\n", "[f]\nb = 1\n", "# c = 2\n", "[s]\na = 1\n# c = 2\n" },
        { "", "[f]\nb = 1\n", "[f.e]\nc = 2\n", "[f.e]\nc = 2\n" },
        { "", "[f.d]\nb = 1\n", "[f.e]\nc = 2\n", "[f.e]\nc = 2\n" },
        { "", "[[f]]\nb = 1\n", "[[f]]\nc = 2\n", "[[f]]\nc = 2\n" },
        { "a = 1\n", "b = 1\n", "c = 2\n", "a = 1\nc = 2\n" },
        { "[s]\na = 1\n", "[f]\nb = 1\n", "c = = 2\n", "[s]\na = 1\nc = = 2\n" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *made = put(cases[i].before, cases[i].content, BLOCK_AT_END, arena), *out;
        size_t len;
        made = arena_printf(arena, "%s%s", made, cases[i].after);
        assert_ok(block_take(made, strlen(made), "id", arena, &out, &len, &err));
        assert_int_equal(out == made, !cases[i].left);
        assert_string_equal(out, cases[i].left ? cases[i].left : made);
    }
}

/* What stands above it makes its keys those of another table, and what is left is the same. */
static void a_block_goes_out_of_a_table_that_has_come_above_it(void **state)
{
    (void)state;
    static const struct {
        const char *whole, *left;
    } cases[] = {
        { "m = 1\n\n[p.x]\nt = 1\n\n" MARKED("s = 2\n"), "m = 1\n\n[p.x]\nt = 1\n" },
        { "[[h]]\na = 1\n[[h]]\nc = 1\n\n" MARKED("[[h]]\na = 1\n[[h]]\nb = 1\n"),
          "[[h]]\na = 1\n[[h]]\nc = 1\n" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *out;
        size_t len;
        assert_ok(
            block_take(cases[i].whole, strlen(cases[i].whole), "id", arena, &out, &len, &err));
        assert_string_equal(out, cases[i].left);
    }
}

static void bytes_that_are_no_text_stay_around_a_block(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char made[] = "a\0b\n\n" MARKED("x = 1\n") "# mine\n\0\n[y]\n";
    static const char left[] = "a\0b\n# mine\n\0\n[y]\n";
    const char *out;
    size_t len;
    assert_ok(block_take(made, sizeof(made) - 1, "id", arena, &out, &len, &err));
    assert_int_equal(len, sizeof(left) - 1);
    assert_memory_equal(out, left, len);
}

static void a_block_that_says_something_else_is_seen_and_not_replaced(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *made = put("b = 2\n", "a = 1", BLOCK_AT_END, arena), *content, *out;
    size_t len = strlen(made), out_len;
    assert_ok(block_content(made, len, "id", arena, &content, &err));
    assert_string_equal(content, "a = 1\n");
    assert_string_equal(content, block_lines("a = 1", arena));
    const struct block same = { "id", "a = 1", BLOCK_AT_END }, other = { "id", "a = 2\n", 0 };
    assert_ok(block_put(made, len, &same, arena, &out, &out_len, &err));
    assert_string_equal(out, made);
    assert_fails(block_put(made, len, &other, arena, &out, &out_len, &err), CONFLICT);

    assert_ok(block_content(made, len, "other", arena, &content, &err));
    assert_null(content);
    static const char nul[] = MARKED("a = 1\n\0b\n");
    assert_fails(block_content(nul, sizeof(nul) - 1, "id", arena, &content, &err), CONFLICT);
}

static void a_block_that_would_change_what_the_file_says_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *content;
    } bad[] = {
        { "a = 1\n", "a = 2\n" },
        { "[t]\n", "[t]\nx = 1\n[t]\n" },
        { "not toml", "a = 1\n" },
        { "a = 1\n", "not toml" },
        { "a = 1\n", "# <<< nono:id <<<\n" },
        { "# >>> nono:id >>>\na = 1\n", "b = 1\n" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const struct block block = { "id", bad[i].content, BLOCK_AT_END };
        const char *out;
        size_t len;
        struct error err;
        assert_false(block_put(bad[i].text, strlen(bad[i].text), &block, arena, &out, &len, &err));
    }
}

static void marker_ids_are_plain(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "a b", "a\nb", "<", "é" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const struct block block = { bad[i], "a = 1\n", BLOCK_AT_END };
        const char *out;
        size_t len;
        assert_fails(block_put("", 0, &block, arena, &out, &len, &err), INVALID);
    }
}

/* Each bracket may be a table's: a file of nothing else would be read as often as it has lines. */
static void a_file_of_brackets_is_read_in_bounded_time(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t max = 400000, len = 0;
    char *text = arena_alloc(arena, max + 16, 1);
    len += (size_t)snprintf(text, max, "s = \"\"\"\n");
    while (len + 16 < max)
        len += (size_t)snprintf(text + len, max - len, "[x]\n");
    (void)snprintf(text + len, max + 16 - len, "\"\"\"\n[t]\n");
    const char *out;
    size_t out_len;
    const struct block block = { "id", "a = 1\n", BLOCK_AT_TOP };
    assert_fails(block_put(text, strlen(text), &block, arena, &out, &out_len, &err), CONFLICT);

    char *keys = arena_alloc(arena, max, 1);
    len = 0;
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(keys + len, max - len, "k%d = %d\n", i, i);
    assert_fails(block_put(keys, len, &block, arena, &out, &out_len, &err), TOO_LARGE);
    keys[len / 2] = '\0';
    len = (size_t)(strrchr(keys, '\n') - keys) + 1;
    assert_ok(block_put(keys, len, &block, arena, &out, &out_len, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_goes_where_it_means_what_it_says_and_comes_out_again),
        cmocka_unit_test(the_blank_line_of_a_block_goes_with_it_whatever_follows),
        cmocka_unit_test(a_block_stays_where_a_line_needs_it),
        cmocka_unit_test(a_block_goes_out_of_a_table_that_has_come_above_it),
        cmocka_unit_test(bytes_that_are_no_text_stay_around_a_block),
        cmocka_unit_test(a_block_that_says_something_else_is_seen_and_not_replaced),
        cmocka_unit_test(a_block_that_would_change_what_the_file_says_is_refused),
        cmocka_unit_test(a_file_of_brackets_is_read_in_bounded_time),
        cmocka_unit_test(marker_ids_are_plain),
    };
    return cmocka_run_group_tests_name("client/install/block", tests, NULL, NULL);
}
