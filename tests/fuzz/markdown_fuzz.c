/*
 * Whatever a README says, its HTML has no tags but those of Markdown, none is left open by a table,
 * and no table makes it enormous.
 */
/* USES registry/api */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "registry/api/markdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static void tags_check(const char *html)
{
    static const char *const tags[] = {
        "a ",    "blockquote>", "br ",   "code>", "code ", "em>",     "h1>",
        "h2>",   "h3>",         "h4>",   "h5>",   "h6>",   "hr ",     "img ",
        "li>",   "ol>",         "ol ",   "p>",    "pre>",  "strong>", "ul>",
        "table", "thead",       "tbody", "tr>",   "td",    "th",      "!-- raw HTML omitted -->",
        "a>",
    };
    for (const char *at = html; (at = strchr(at, '<'));) {
        at += at[1] == '/' ? 2 : 1;
        size_t i = 0;
        while (strncmp(at, tags[i], strlen(tags[i])) != 0)
            assert(++i < sizeof(tags) / sizeof(tags[0]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data, size), *html;
    struct error err;
    bool done = markdown_html(text, strlen(text), "/files/", arena, &html, &err);
    assert(done); /* nothing in a README is a failure */
    tags_check(html);
    assert(count_of(html, "<table>") == count_of(html, "</table>"));
    assert(count_of(html, "<td") + count_of(html, "<th") <= 40000);
    return 0;
}
