#include "client/install/yaml_text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define TEXT_MAX (64 * (size_t)1024 * 1024)

/* Memory is bounded by the document that was read; running out of TEXT_MAX is a programmer's error.
 */
static void put(struct buf *buf, const char *text)
{
    struct error err;
    if (!buf_text(buf, text, &err))
        abort();
}

static void indent(struct buf *buf, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        put(buf, "  ");
}

/* Words that no reader of YAML 1.1 or 1.2 takes for a number, a date or a boolean. */
static bool is_plain(const char *text)
{
    static const char *const special[] = { "true", "false", "null", "yes", "no",
                                           "on",   "off",   "y",    "n" };
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    size_t len = strlen(text);
    bool starts =
        (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '/';
    if (!starts || strspn(text, letters) != len)
        return false;
    for (size_t i = 0; i < COUNT(special); i++)
        if (strcasecmp(text, special[i]) == 0)
            return false;
    return true;
}

/* What YAML takes for a line's end or refuses, and JSON takes as it is: its length, or 0. */
static size_t special_length(const char *at, unsigned *out_point)
{
    static const char *const others[] = { "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff" };
    const unsigned char *bytes = (const unsigned char *)at;
    *out_point = bytes[0];
    if (bytes[0] == 0x7f)
        return 1;
    *out_point = bytes[0] ? bytes[1] : 0;
    if (bytes[0] == 0xc2 && bytes[1] < 0xa0) /* C1 */
        return 2;
    for (size_t i = 0; i < COUNT(others); i++) {
        if (!text_starts(at, others[i]))
            continue;
        *out_point = (bytes[0] & 0xfU) << 12 | (bytes[1] & 0x3fU) << 6 | (bytes[2] & 0x3fU);
        return 3;
    }
    return 0;
}

static void quoted_put(struct buf *buf, const char *json, struct arena *arena)
{
    struct error err;
    unsigned point = 0;
    for (const char *from = json, *at = json;; at++) {
        size_t special = special_length(at, &point);
        if (*at && !special)
            continue;
        if (!buf_append(buf, from, (size_t)(at - from), &err))
            abort();
        if (!*at)
            return;
        put(buf, arena_printf(arena, "\\u%04x", point));
        from = at + special;
        at = from - 1;
    }
}

static void text_put(struct buf *buf, const char *text, size_t len, struct arena *arena)
{
    if (strlen(text) == len && is_plain(text)) {
        put(buf, text);
        return;
    }
    struct doc *doc = doc_new(arena, DOC_TEXT);
    doc->text = text;
    doc->len = len;
    quoted_put(buf, json_print(doc, JSON_COMPACT_KEPT, arena), arena);
}

static bool is_block(const struct doc *doc)
{
    return (doc->kind == DOC_TABLE || doc->kind == DOC_LIST) && doc->count > 0;
}

static void node_put(struct buf *buf, const struct doc *doc, unsigned depth, struct arena *arena);

/* NOLINTNEXTLINE(misc-no-recursion): readers bound the depth of documents */
static void value_put(struct buf *buf, const struct doc *value, unsigned depth, struct arena *arena)
{
    if (is_block(value)) {
        put(buf, "\n");
        node_put(buf, value, depth + 1, arena);
        return;
    }
    put(buf, " ");
    if (value->kind == DOC_TEXT || value->kind == DOC_TIME)
        text_put(buf, value->text, value->len, arena);
    else
        put(buf, json_print(value, JSON_COMPACT_KEPT, arena));
    put(buf, "\n");
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static void node_put(struct buf *buf, const struct doc *doc, unsigned depth, struct arena *arena)
{
    DOC_FOREACH (doc, item) {
        indent(buf, depth);
        if (doc->kind == DOC_LIST) {
            put(buf, "-");
        } else {
            text_put(buf, item->key, item->key_len, arena);
            put(buf, ":");
        }
        value_put(buf, item, depth, arena);
    }
}

const char *yaml_text(const struct doc *doc, struct arena *arena)
{
    CLEANUP(buf_clearp) struct buf buf;
    buf_init(&buf, TEXT_MAX);
    if (is_block(doc))
        node_put(&buf, doc, 0, arena);
    else
        value_put(&buf, doc, 0, arena);
    const char *text = buf.data + (buf.data[0] == ' ');
    return arena_strndup(arena, text, strlen(text));
}
