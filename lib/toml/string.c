/* TOML's four kinds of string. */
#include <string.h>

#include "lib/toml/reader.h"

struct builder {
    char *text; /* as long as the source at most: no escape is shorter than what it stands for */
    size_t len;
};

static void add_scalar(struct builder *out, uint32_t scalar)
{
    unsigned char *at = (unsigned char *)out->text + out->len;
    if (scalar < 0x80) {
        at[0] = (unsigned char)scalar;
        out->len += 1;
    } else if (scalar < 0x800) {
        at[0] = (unsigned char)(0xc0 | scalar >> 6);
        at[1] = (unsigned char)(0x80 | (scalar & 0x3f));
        out->len += 2;
    } else if (scalar < 0x10000) {
        at[0] = (unsigned char)(0xe0 | scalar >> 12);
        at[1] = (unsigned char)(0x80 | (scalar >> 6 & 0x3f));
        at[2] = (unsigned char)(0x80 | (scalar & 0x3f));
        out->len += 3;
    } else {
        at[0] = (unsigned char)(0xf0 | scalar >> 18);
        at[1] = (unsigned char)(0x80 | (scalar >> 12 & 0x3f));
        at[2] = (unsigned char)(0x80 | (scalar >> 6 & 0x3f));
        at[3] = (unsigned char)(0x80 | (scalar & 0x3f));
        out->len += 4;
    }
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_unicode(struct toml_reader *reader, unsigned digits, struct builder *out)
{
    uint32_t scalar = 0;
    for (unsigned i = 0; i < digits; i++, reader->at++) {
        int value = hex_digit(toml_peek(reader));
        if (value < 0)
            return toml_fault(reader, "expected %u hexadecimal digits", digits);
        scalar = scalar << 4 | (uint32_t)value;
    }
    if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
        return toml_fault(reader, "not a Unicode scalar value");
    add_scalar(out, scalar);
    return true;
}

/* Behind a backslash at the end of a line: drops white space up to the next text. */
static bool skip_line_end(struct toml_reader *reader)
{
    toml_skip_blanks(reader);
    if (!toml_take_newline(reader))
        return toml_fault(reader, "expected the end of the line behind this backslash");
    do
        toml_skip_blanks(reader);
    while (toml_take_newline(reader));
    return true;
}

/* The cursor is behind the backslash. */
static bool read_escape(struct toml_reader *reader, bool lines, struct builder *out)
{
    static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
    int name = toml_peek(reader);
    const char *known = name > 0 ? strchr(names, name) : NULL;
    if (known) {
        reader->at++;
        out->text[out->len++] = values[known - names];
        return true;
    }
    if (name == 'u' || name == 'U') {
        reader->at++;
        return read_unicode(reader, name == 'u' ? 4 : 8, out);
    }
    if (lines && (name == ' ' || name == '\t' || name == '\r' || name == '\n'))
        return skip_line_end(reader);
    return toml_fault(reader, "unknown escape; a backslash is written \\\\");
}

/* One character of a string, escapes aside. */
static bool read_plain(struct toml_reader *reader, bool lines, struct builder *out)
{
    int next = toml_peek(reader);
    if (next == '\n' || toml_looking_at(reader, "\r\n")) {
        const char *from = reader->at;
        if (!lines)
            return toml_fault(reader, "this string does not end on its line");
        (void)toml_take_newline(reader);
        while (from < reader->at)
            out->text[out->len++] = *from++;
        return true;
    }
    if ((next < ' ' && next != '\t') || next == 0x7f)
        return toml_fault(reader, "a control character in a string; write \\u%04X", (unsigned)next);
    out->text[out->len++] = *reader->at++;
    return true;
}

static bool read_line_string(struct toml_reader *reader, char quote, struct builder *out)
{
    reader->at++;
    for (int next; (next = toml_peek(reader)) != quote;) {
        if (next == -1)
            return toml_fault(reader, "this string does not end");
        if (next == '\\' && quote == '"') {
            reader->at++;
            if (!read_escape(reader, false, out))
                return false;
        } else if (!read_plain(reader, false, out)) {
            return false;
        }
    }
    reader->at++;
    return true;
}

/* How many quotes stand here, five at most: two of the text and three that end it. */
static size_t count_quotes(const struct toml_reader *reader, char quote)
{
    size_t count = 0;
    while (count < 5 && reader->at + count < reader->end && reader->at[count] == quote)
        count++;
    return count;
}

static bool read_lines_string(struct toml_reader *reader, char quote, struct builder *out)
{
    reader->at += 3;
    (void)toml_take_newline(reader);
    for (;;) {
        int next = toml_peek(reader);
        if (next == -1)
            return toml_fault(reader, "this string does not end");
        size_t quotes = count_quotes(reader, quote);
        reader->at += quotes;
        for (size_t i = 0; i < (quotes >= 3 ? quotes - 3 : quotes); i++)
            out->text[out->len++] = quote;
        if (quotes >= 3)
            return true;
        if (quotes)
            continue;
        if (next == '\\' && quote == '"') {
            reader->at++;
            if (!read_escape(reader, true, out))
                return false;
        } else if (!read_plain(reader, true, out)) {
            return false;
        }
    }
}

/* Room for the string at the cursor: its length in the source, wherever it turns out to end. */
static size_t room_needed(const struct toml_reader *reader, char quote, bool lines)
{
    const char *at = reader->at + (lines ? 3 : 1);
    for (; at < reader->end; at++) {
        bool ends =
            lines ? reader->end - at >= 3 && at[0] == quote && at[1] == quote && at[2] == quote
                  : *at == quote || *at == '\n';
        if (ends)
            break;
        at += quote == '"' && *at == '\\';
    }
    return (size_t)(at - reader->at) + 5; /* two quotes of the text may stand before the end */
}

/* A string on one line without escapes, as most are: its length, or SIZE_MAX when it is another. */
static size_t simple_length(const struct toml_reader *reader, char quote)
{
    const char *from = reader->at + 1;
    const char *at = from + toml_plain_run(from, reader->end, quote, '\\');
    for (; at < reader->end; at++) {
        unsigned char c = (unsigned char)*at;
        if (*at == quote)
            return (size_t)(at - from);
        if (c < ' ' || c == 0x7f || c == '\\')
            return SIZE_MAX;
    }
    return SIZE_MAX;
}

bool toml_read_string(struct toml_reader *reader, bool may_span_lines, struct doc **out)
{
    char quote = *reader->at;
    bool lines = toml_looking_at(reader, quote == '"' ? "\"\"\"" : "'''");
    if (lines && !may_span_lines)
        return toml_fault(reader, "a key cannot span lines");

    struct doc *doc = toml_node_new(reader, DOC_TEXT);
    size_t simple = lines ? SIZE_MAX : simple_length(reader, quote);
    if (simple != SIZE_MAX) {
        doc->text = arena_strndup(reader->arena, reader->at + 1, simple);
        doc->len = simple;
        reader->at += simple + 2;
        *out = doc;
        return true;
    }
    CLEANUP(freep) char *text = malloc(room_needed(reader, quote, lines));
    if (!text)
        abort();
    struct builder builder = { text, 0 };
    if (lines ? !read_lines_string(reader, quote, &builder)
              : !read_line_string(reader, quote, &builder))
        return false;
    doc->text = arena_strndup(reader->arena, builder.text, builder.len);
    doc->len = builder.len;
    *out = doc;
    return true;
}
