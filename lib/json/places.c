#include "lib/json/places.h"

#include <string.h>

struct cursor {
    const char *at, *line_start;
    unsigned line;
    const char *source;
};

static void blanks_skip(struct cursor *cursor)
{
    for (; *cursor->at && strchr(" \t\r\n,:", *cursor->at); cursor->at++) {
        if (*cursor->at == '\n') {
            cursor->line++;
            cursor->line_start = cursor->at + 1;
        }
    }
}

static void scalar_skip(struct cursor *cursor)
{
    if (*cursor->at != '"') {
        cursor->at += strcspn(cursor->at, " \t\r\n,:]}");
        return;
    }
    for (cursor->at++; *cursor->at && *cursor->at != '"'; cursor->at++)
        if (*cursor->at == '\\' && cursor->at[1])
            cursor->at++;
    cursor->at += *cursor->at == '"';
}

static unsigned column_of(const struct cursor *cursor)
{
    return (unsigned)(cursor->at - cursor->line_start) + 1;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the document, which is bounded */
static void value_mark(struct cursor *cursor, struct doc *doc)
{
    blanks_skip(cursor);
    doc->source = cursor->source;
    doc->line = cursor->line;
    doc->column = column_of(cursor);
    if (doc->kind != DOC_LIST && doc->kind != DOC_TABLE) {
        scalar_skip(cursor);
        return;
    }
    cursor->at++;
    DOC_FOREACH (doc, item) {
        blanks_skip(cursor);
        if (doc->kind == DOC_TABLE) {
            item->key_line = cursor->line;
            item->key_column = column_of(cursor);
            scalar_skip(cursor);
        }
        value_mark(cursor, item);
    }
    blanks_skip(cursor);
    cursor->at += *cursor->at != '\0';
}

void json_places_mark(const char *text, const char *source, struct doc *doc)
{
    struct cursor cursor = { text, text, 1, source };
    value_mark(&cursor, doc);
}
