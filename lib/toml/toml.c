#include "lib/toml/toml.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/toml/reader.h"

static bool read_value(struct toml_reader *reader, unsigned depth, struct doc **out);

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool read_simple_key(struct toml_reader *reader, struct toml_key **out)
{
    struct toml_key *key = ARENA_NEW(reader->arena, struct toml_key);
    key->line = reader->line;
    key->column = toml_column(reader);
    int next = toml_peek(reader);
    if (next == '"' || next == '\'') {
        struct doc *text;
        if (!toml_read_string(reader, false, &text))
            return false;
        key->text = text->text;
        key->len = text->len;
    } else {
        const char *from = reader->at;
        while (is_bare(toml_peek(reader)))
            reader->at++;
        key->len = (size_t)(reader->at - from);
        if (!key->len)
            return toml_fault(reader, "expected a key");
        key->text = arena_strndup(reader->arena, from, key->len);
    }
    *out = key;
    return true;
}

/* a.b."c d", with blanks around the points and behind. */
static bool read_key(struct toml_reader *reader, struct toml_key **out)
{
    struct toml_key *first = NULL, **slot = &first;
    do {
        toml_skip_blanks(reader);
        if (!read_simple_key(reader, slot))
            return false;
        slot = &(*slot)->next;
        toml_skip_blanks(reader);
    } while (toml_take(reader, "."));
    *out = first;
    return true;
}

static bool read_pair(struct toml_reader *reader, struct doc *table)
{
    struct toml_key *key;
    const struct toml_key *last;
    struct doc *holder, *value;
    if (!read_key(reader, &key))
        return false;
    if (!toml_take(reader, "="))
        return toml_fault(reader, "expected = behind the key");
    if (!toml_open_dotted(reader, table, key, &holder, &last))
        return false;
    toml_skip_blanks(reader);
    if (!read_value(reader, toml_node_of(holder)->depth + 1, &value))
        return false;
    toml_insert(reader, holder, last, value);
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool read_list(struct toml_reader *reader, struct doc *list)
{
    reader->at++;
    for (;;) {
        if (!toml_skip_lines(reader))
            return false;
        if (toml_take(reader, "]"))
            return true;
        struct doc *item;
        if (!read_value(reader, toml_node_of(list)->depth + 1, &item))
            return false;
        doc_append(list, item);
        if (!toml_skip_lines(reader))
            return false;
        if (!toml_take(reader, ",") && toml_peek(reader) != ']')
            return toml_fault(reader, "expected , or ] behind this item");
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool read_inline_table(struct toml_reader *reader, struct doc *table)
{
    reader->at++;
    toml_skip_blanks(reader);
    if (toml_take(reader, "}"))
        return true;
    toml_node_of(table)->state = TOML_HEADER; /* open until its brace */
    do {
        if (!read_pair(reader, table))
            return false;
        toml_skip_blanks(reader);
    } while (toml_take(reader, ","));
    toml_node_of(table)->state = TOML_CLOSED;
    return toml_take(reader, "}") || toml_fault(reader, "expected , or } behind this value");
}

static bool read_bool(struct toml_reader *reader, struct doc **out)
{
    struct doc *doc = toml_node_new(reader, DOC_BOOL);
    doc->boolean = toml_take(reader, "true");
    if (!doc->boolean && !toml_take(reader, "false"))
        return toml_fault(reader, "expected a value; text stands in quotes");
    if (is_bare(toml_peek(reader)))
        return toml_fault(reader, "expected a value; text stands in quotes");
    *out = doc;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool read_value(struct toml_reader *reader, unsigned depth, struct doc **out)
{
    int next = toml_peek(reader);
    if (!toml_check_count(reader))
        return false;
    if (next == '"' || next == '\'')
        return toml_read_string(reader, true, out);
    if (next == '[' || next == '{') {
        if (!toml_check_depth(reader, depth))
            return false;
        *out = toml_node_new(reader, next == '[' ? DOC_LIST : DOC_TABLE);
        toml_node_of(*out)->state = TOML_CLOSED;
        toml_node_of(*out)->depth = depth;
        return next == '[' ? read_list(reader, *out) : read_inline_table(reader, *out);
    }
    if (next == 't' || next == 'f')
        return read_bool(reader, out);
    if (!toml_read_time(reader, out))
        return false;
    return *out || toml_read_number(reader, out);
}

/* [table] or [[element]]; the cursor is at the bracket. */
static bool read_header(struct toml_reader *reader, struct doc *root, struct doc **table)
{
    bool element = toml_take(reader, "[[");
    if (!element)
        reader->at++;
    struct toml_key *key;
    if (!read_key(reader, &key))
        return false;
    if (!toml_take(reader, element ? "]]" : "]"))
        return toml_fault(reader, "expected %s behind the key", element ? "]]" : "]");
    return element ? toml_open_element(reader, root, key, table)
                   : toml_open_table(reader, root, key, table);
}

static bool read_document(struct toml_reader *reader, struct doc *root)
{
    struct doc *table = root;
    for (;;) {
        if (!toml_skip_lines(reader))
            return false;
        int next = toml_peek(reader);
        if (next == -1)
            return true;
        bool ok = next == '[' ? read_header(reader, root, &table) : read_pair(reader, table);
        if (!ok)
            return false;
        toml_skip_blanks(reader);
        if (!toml_skip_comment(reader))
            return false;
        if (toml_peek(reader) != -1 && !toml_take_newline(reader))
            return toml_fault(reader, "expected the end of the line");
    }
}

/* No multi-byte character spans lines, so that a fault has its line. */
static bool check_utf8(struct toml_reader *reader)
{
    if (text_is_utf8(reader->at, (size_t)(reader->end - reader->at)))
        return true;
    unsigned line = 1;
    for (const char *at = reader->at; at < reader->end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(reader->end - at));
        const char *end = newline ? newline + 1 : reader->end;
        if (!text_is_utf8(at, (size_t)(end - at)))
            break;
        at = end;
    }
    return toml_fault_at(reader, line, 1, "not UTF-8");
}

bool toml_parse(const char *text, size_t len, const char *source, struct arena *arena,
                struct doc **out, struct error *err)
{
    struct toml_reader reader = { .at = text,
                                  .end = text + len,
                                  .line_start = text,
                                  .line = 1,
                                  .source = source,
                                  .arena = arena,
                                  .err = err };
    (void)toml_take(&reader, "\xef\xbb\xbf");
    struct doc *root = toml_node_new(&reader, DOC_TABLE);
    toml_node_of(root)->state = TOML_HEADER;
    bool ok = check_utf8(&reader) && read_document(&reader, root);
    toml_slots_free(&reader);
    if (ok)
        *out = root;
    return ok;
}
