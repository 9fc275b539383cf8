#include "lib/json/comments.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/doc.h"

static size_t string_end(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++)
        at += text[at] == '\\';
    return at < len ? at + 1 : len;
}

static void blank(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

/* The end of the comment that begins at `at`, or `at` when none does, or NEVER. */
#define NEVER SIZE_MAX
static size_t comment_end(const char *text, size_t len, size_t at)
{
    if (at + 1 >= len || text[at] != '/')
        return at;
    if (text[at + 1] == '/') {
        const char *end = memchr(text + at, '\n', len - at);
        return end ? (size_t)(end - text) : len;
    }
    if (text[at + 1] != '*')
        return at;
    const char *end = memmem(text + at + 2, len - at - 2, "*/", 2);
    return end ? (size_t)(end - text) + 2 : NEVER;
}

static bool unclosed(const char *text, size_t at, const char *source, struct error *err)
{
    unsigned line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++) {
        if (text[i] != '\n')
            continue;
        line++;
        line_start = i + 1;
    }
    error_set(err, INVALID, "this comment does not end");
    return doc_place(err, source, line, at - line_start + 1);
}

bool json_comments_blank(const char *text, size_t len, const char *source, struct arena *arena,
                         const char **out, struct error *err)
{
    char *copy = arena_strndup(arena, text, len);
    if (strncmp(copy, JSON_BOM, strlen(JSON_BOM)) == 0)
        blank(copy, 0, strlen(JSON_BOM));
    size_t comma = len; /* a comma with only blanks behind it so far */
    for (size_t i = 0; i < len;) {
        size_t end = comment_end(copy, len, i);
        if (end == NEVER)
            return unclosed(copy, i, source, err);
        if (end > i) {
            blank(copy, i, end);
            i = end;
            continue;
        }
        if ((copy[i] == '}' || copy[i] == ']') && comma < len)
            copy[comma] = ' ';
        if (copy[i] == ',')
            comma = i;
        else if (!strchr(" \t\r\n", copy[i]) || !copy[i])
            comma = len;
        i = copy[i] == '"' ? string_end(copy, len, i) : i + 1;
    }
    *out = copy;
    return true;
}
