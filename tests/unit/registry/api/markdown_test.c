#include "tests/support/test.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "registry/api/markdown.h"

#define BASE "/files/"

static struct arena *arena;

static const char *html_of(const char *text)
{
    const char *html = NULL;
    assert_ok(markdown_html(text, strlen(text), BASE, arena, &html, &err));
    return html;
}

struct example {
    const char *text, *html;
};

static void examples_check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(html_of(examples[i].text), examples[i].html);
}

#define HEAD(cells) "<table>\n<thead>\n<tr>\n" cells "</tr>\n</thead>\n"
#define BODY(rows)  "<tbody>\n" rows "</tbody>\n</table>\n"
#define ROW(cells)  "<tr>\n" cells "</tr>\n"

static void tables_are_tables(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n",
          HEAD("<th>a</th>\n<th>b</th>\n")
              BODY(ROW("<td>1</td>\n<td>2</td>\n") ROW("<td>3</td>\n<td>4</td>\n")) },
        /* without the outer pipes, blanks or a line break at the end; CR LF */
        { "a|b\r\n-|-\r\n1|2",
          HEAD("<th>a</th>\n<th>b</th>\n") BODY(ROW("<td>1</td>\n<td>2</td>\n")) },
        { "| a | b | c | d |\n|:-|-:|:-:|-|\n",
          HEAD("<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n"
               "<th align=\"center\">c</th>\n<th>d</th>\n") "</table>\n" },
        /* short rows are filled up, long ones cut off */
        { "| a | b |\n|---|---|\n| 1 |\n| 2 | 3 | 4 |\n|\n",
          HEAD("<th>a</th>\n<th>b</th>\n") BODY(ROW("<td>1</td>\n<td></td>\n") ROW(
              "<td>2</td>\n<td>3</td>\n") ROW("<td></td>\n<td></td>\n")) },
        /* the lines before the header are a paragraph, and what follows is as it was */
        { "Text:\n| a |\n|---|\n| 1 |\n\n# Next\n- [x](y)\n",
          "<p>Text:</p>\n" HEAD("<th>a</th>\n") BODY(ROW(
              "<td>1</td>\n")) "<h1>Next</h1>\n<ul>\n<li><a href=\"/files/y\">x</a></li>\n</ul>\n" },
        { "| a |\n|---|\n| 1 |\n\n| b |\n|---|\n\nend\n",
          HEAD("<th>a</th>\n") BODY(ROW("<td>1</td>\n"))
              HEAD("<th>b</th>\n") "</table>\n<p>end</p>\n" },
    };
    examples_check(examples, COUNT(examples));
}

static void cells_hold_what_a_line_may(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "| **a** | `b \\| c` | x\\|y |\n|--|--|--|\n",
          HEAD(
              "<th><strong>a</strong></th>\n<th><code>b | c</code></th>\n<th>x|y</th>\n") "</table>\n" },
        { "| a |\n|---|\n| [one][r] |\n\n[r]: https://example.org/\n",
          HEAD("<th>a</th>\n") BODY(ROW("<td><a href=\"https://example.org/\">one</a></td>\n")) },
        /* nothing in a cell begins a block: no list, heading, rule, fence or quotation */
        { "| - a | # b | --- | ``` | > c | 1. d |\n|-|-|-|-|-|-|\n",
          HEAD("<th>- a</th>\n<th># b</th>\n<th>---</th>\n<th>```</th>\n<th>&gt; c</th>\n"
               "<th>1. d</th>\n") "</table>\n" },
        { "| **\"q\"** | _e_ | a\\\\ |\n|-|-|-|\n",
          HEAD(
              "<th><strong>&quot;q&quot;</strong></th>\n<th><em>e</em></th>\n<th>a\\</th>\n") "</table>\n" },
    };
    examples_check(examples, COUNT(examples));
}

static void what_is_no_table_stays_text(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "| a | b |\n|---|\n", "<p>| a | b |\n|---|</p>\n" },
        { "| a | b |\n", "<p>| a | b |</p>\n" },
        { "a\n|-\n", "<p>a\n|-</p>\n" },
        { "| a |\n| -x |\n", "<p>| a |\n| -x |</p>\n" },
        { "```\n| a |\n|---|\n```\n", "<pre><code>| a |\n|---|\n</code></pre>\n" },
        { "    | a |\n    |---|\n", "<pre><code>| a |\n|---|\n</code></pre>\n" },
        { "\xee\x80\x80 text\n", "<p>\xee\x80\x80 text</p>\n" },
        { "", "" },
    };
    examples_check(examples, COUNT(examples));
}

static void an_authors_tags_and_scripts_do_not_come_through(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "<script>alert(1)</script>\n",
        "a <img src=x onerror=alert(1)> b\n",
        "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](vbscript:x) [f](file:///etc/passwd)\n",
        "[x](data:text/html;base64,PHNjcmlwdD4=)\n",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)\n",
        "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|---|---|\n",
        "| a | b |\n|---|---|\n| <b onclick=x> | `</td><script>` |\n",
        "| a |\n|---|\n| ![x](javascript:alert(1)) |\n",
    };
    for (size_t i = 0; i < COUNT(hostile); i++) {
        const char *html = html_of(hostile[i]);
        static const char *const none[] = { "<script",  "onerror", "onclick", "javascript:",
                                            "vbscript", "file:",   "data:",   "JaVa" };
        for (size_t j = 0; j < COUNT(none); j++)
            assert_null(strstr(html, none[j]));
    }
    const char *kept =
        html_of("[x](https://example.org/?a=\"b\") ![y](data:image/png;base64,AA==)\n");
    assert_string_equal(kept, "<p><a href=\"https://example.org/?a=%22b%22\">x</a> "
                              "<img src=\"data:image/png;base64,AA==\" alt=\"y\" /></p>\n");
}

static void addresses_of_files_lead_to_the_files(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "[a](docs/use.md#top)\n", "<p><a href=\"/files/docs/use.md#top\">a</a></p>\n" },
        { "![a](logo.png)\n", "<p><img src=\"/files/logo.png\" alt=\"a\" /></p>\n" },
        { "[a](/x) [b](#c) [d](?e) [f](//g/h) [i](mailto:j)\n",
          "<p><a href=\"/x\">a</a> <a href=\"#c\">b</a> <a href=\"?e\">d</a> "
          "<a href=\"//g/h\">f</a> <a href=\"mailto:j\">i</a></p>\n" },
        { "[a]()\n", "<p><a href=\"\">a</a></p>\n" },
    };
    examples_check(examples, COUNT(examples));
}

static void images_of_other_origins_are_not_loaded(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "![a *b*](https://example.org/i.png)\n",
          "<p><a href=\"https://example.org/i.png\">a <em>b</em></a></p>\n" },
        { "![a](//example.org/i.png)\n", "<p><a href=\"//example.org/i.png\">a</a></p>\n" },
        { "[![build](https://example.org/i.svg)](https://example.org/)\n",
          "<p><a href=\"https://example.org/\">build</a></p>\n" },
        { "![a [b](https://x.example/)](https://example.org/i.png) ![c](https://y.example/)\n",
          "<p>a <a href=\"https://x.example/\">b</a> <a href=\"https://y.example/\">c</a></p>\n" },
        { "![a ![b](https://x.example/)](https://y.example/)\n",
          "<p><a href=\"https://y.example/\">a b</a></p>\n" },
        { "x![](https://example.org/pixel.gif)y\n", "<p>xy</p>\n" },
    };
    examples_check(examples, COUNT(examples));
}

/* What an image names is fetched unasked, with the reader's cookie. */
static void images_come_from_the_versions_files_alone(void **state)
{
    (void)state;
    static const char *const kept[] = {
        "logo.png",          "./docs/../logo.png", "a/%2e%2E/b.svg",      "docs//../../logo.png",
        "/files/docs/a.png", "logo.png?../../x",   "logo.png#/../../../", ".../%2e%2e%2e/x.png",
    };
    static const char *const others[] = {
        "/api/v1/auth/device/BBBBBBBB",
        "../api/v1/x",
        "docs/../../x",
        "%2e%2e/x",
        ".%2E/x",
        "%2e./x",
        "..",
        "docs/./../..?x",
        "/files/../api/v1/x",
        "/files/docs/%2e%2e/../x",
        "/filesystem/x",
        "/files",
        "docs\\..\\..\\x",
        "docs\\x/../../y",
        "?x",
        "#x",
        "https:/api/v1/x",
    };
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_non_null(strstr(html_of(arena_printf(arena, "![a](%s)", kept[i])), "<img src=\""));
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *html = html_of(arena_printf(arena, "![a](%s)", others[i]));
        assert_null(strstr(html, "<img"));
        assert_non_null(strstr(html, ">a</a>"));
    }
    assert_string_equal(html_of("![a](/api/v1/x) ![](/y)z\n"),
                        "<p><a href=\"/api/v1/x\">a</a> z</p>\n");
}

/* A table's rows are as wide as its header, which few bytes can make very wide or very long. */
static void a_table_that_would_be_enormous_stays_text(void **state)
{
    (void)state;
    enum { WIDE = 65, LONG = 20000 };
    char *text = arena_alloc(arena, 4 * WIDE + 2 * LONG + 100, 1), *at = text;
    for (int line = 0; line < 2; line++) {
        for (int i = 0; i < WIDE; i++)
            at = stpcpy(at, line ? "-|" : "a|");
        at = stpcpy(at, "\n");
    }
    assert_null(strstr(html_of(text), "<table"));

    at = stpcpy(text, "a|b\n-|-\n");
    for (int i = 0; i < LONG; i++)
        at = stpcpy(at, "|\n");
    assert_null(strstr(html_of(text), "<table"));
    text[strlen("a|b\n-|-\n") + (size_t)LONG - 4] = '\0';
    assert_non_null(strstr(html_of(text), "<table"));
}

static int arena_open(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int arena_close(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* cmark would take seconds for a tenth of what a README may have. */
static void what_nests_too_deep_is_shown_as_it_was_written(void **state)
{
    (void)state;
    static const char *const marks[] = { ">", "> ", "- ", "\t* ", "1. ", "9) - " };
    for (size_t i = 0; i < COUNT(marks); i++) {
        CLEANUP(buf_clearp) struct buf text;
        buf_init(&text, MIB);
        size_t each = i == COUNT(marks) - 1 ? 2 : 1;
        assert_ok(buf_text(&text, "# Title\n", &err));
        for (size_t depth = 0; depth < 100; depth += each)
            assert_ok(buf_text(&text, marks[i], &err));
        assert_ok(buf_text(&text, "<b>", &err));
        assert_non_null(strstr(html_of(text.data), "<h1>Title</h1>"));

        buf_clear(&text);
        assert_ok(buf_text(&text, "# Title\n", &err));
        for (size_t depth = 0; depth < 60000; depth += each)
            assert_ok(buf_text(&text, marks[i], &err));
        for (size_t emphasis = 0; emphasis < 60000; emphasis++)
            assert_ok(buf_text(&text, "a*", &err));
        assert_ok(buf_text(&text, "<b>", &err));
        const char *html = html_of(text.data);
        assert_memory_equal(html, "<pre><code># Title\n", strlen("<pre><code># Title\n"));
        assert_non_null(strstr(html, "a*&lt;b&gt;</code></pre>"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_tables),
        cmocka_unit_test(cells_hold_what_a_line_may),
        cmocka_unit_test(what_is_no_table_stays_text),
        cmocka_unit_test(an_authors_tags_and_scripts_do_not_come_through),
        cmocka_unit_test(addresses_of_files_lead_to_the_files),
        cmocka_unit_test(images_of_other_origins_are_not_loaded),
        cmocka_unit_test(images_come_from_the_versions_files_alone),
        cmocka_unit_test(a_table_that_would_be_enormous_stays_text),
        cmocka_unit_test(what_nests_too_deep_is_shown_as_it_was_written),
    };
    return cmocka_run_group_tests_name("registry/api/markdown", tests, arena_open, arena_close);
}
