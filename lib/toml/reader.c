#include "lib/toml/reader.h"

#include <stdarg.h>
#include <stdio.h>

unsigned toml_column(const struct toml_reader *reader)
{
    return (unsigned)(reader->at - reader->line_start) + 1;
}

static bool fault(struct toml_reader *reader, unsigned line, unsigned column, const char *format,
                  va_list args) __attribute__((format(printf, 4, 0)));

static bool fault(struct toml_reader *reader, unsigned line, unsigned column, const char *format,
                  va_list args)
{
    char message[sizeof(reader->err->message)];
    (void)vsnprintf(message, sizeof(message), format, args);
    error_set(reader->err, INVALID, "%s", message);
    return doc_place(reader->err, reader->source, line, column);
}

bool toml_raise(struct toml_reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault(reader, reader->line, toml_column(reader), format, args);
    va_end(args);
    return false;
}

bool toml_raise_at(struct toml_reader *reader, unsigned line, unsigned column, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    fault(reader, line, column, format, args);
    va_end(args);
    return false;
}

void toml_skip_blanks(struct toml_reader *reader)
{
    while (toml_peek(reader) == ' ' || toml_peek(reader) == '\t')
        reader->at++;
}

bool toml_take_newline(struct toml_reader *reader)
{
    if (!toml_take(reader, "\n") && !toml_take(reader, "\r\n"))
        return false;
    reader->line++;
    reader->line_start = reader->at;
    return true;
}

bool toml_skip_comment(struct toml_reader *reader)
{
    if (toml_peek(reader) != '#')
        return true;
    reader->at += toml_plain_run(reader->at, reader->end, '\n', '\n');
    for (int next; (next = toml_peek(reader)) != -1; reader->at++) {
        if (next == '\n' || toml_looking_at(reader, "\r\n"))
            return true;
        if ((next < ' ' && next != '\t') || next == 0x7f)
            return toml_fault(reader, "a control character in a comment");
    }
    return true;
}

bool toml_skip_lines(struct toml_reader *reader)
{
    do {
        toml_skip_blanks(reader);
        if (!toml_skip_comment(reader))
            return false;
    } while (toml_take_newline(reader));
    return true;
}

struct doc *toml_node_new(struct toml_reader *reader, enum doc_kind kind)
{
    struct doc *doc = (kind == DOC_TABLE || kind == DOC_LIST)
                          ? &ARENA_NEW(reader->arena, struct toml_node)->doc
                          : ARENA_NEW(reader->arena, struct doc);
    doc->kind = kind;
    doc->source = reader->source;
    doc->line = reader->line;
    doc->column = toml_column(reader);
    return doc;
}
