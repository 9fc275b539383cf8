#include "client/install/yaml_text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define SIMPLE_KEY_MAX \
    160 /* bytes; quoted, they may become 6 times as many, and 1024 are allowed */
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

/* Whether a plain scalar can stand again as it was written, on one line; NULL cannot. In the first
 * column three dots or hyphens are a mark between documents; what is text between brackets may be
 * an item's mark outside them. */
static bool is_verbatim(const char *plain, unsigned depth)
{
    unsigned point;
    if (!plain || (!depth && (text_starts(plain, "---") || text_starts(plain, "..."))))
        return false;
    if (*plain && strchr("-?:", *plain) && (!plain[1] || plain[1] == ' '))
        return false;
    if (*plain && plain[strlen(plain) - 1] == ':') /* as the key of "a::" does */
        return false;
    for (const char *at = plain; *at; at++)
        if ((unsigned char)*at < ' ' || special_length(at, &point))
            return false;
    return true;
}

/* A real that was not read from YAML: 1e20 is text in YAML 1.1, which wants a point and a sign. */
static void real_put(struct buf *buf, const struct doc *doc, struct arena *arena)
{
    const char *text = json_print(doc, JSON_COMPACT_KEPT, arena);
    const char *e = strchr(text, 'e');
    if (!e) {
        put(buf, text);
        return;
    }
    bool point = memchr(text, '.', (size_t)(e - text)) != NULL;
    put(buf, arena_printf(arena, "%.*s%se%s%s", (int)(e - text), text, point ? "" : ".0",
                          e[1] == '-' ? "" : "+", e + 1));
}

static void scalar_put(struct buf *buf, const struct doc *doc, unsigned depth, struct arena *arena)
{
    if (is_verbatim(doc->plain, depth))
        put(buf, doc->plain);
    else if (doc->kind == DOC_TEXT || doc->kind == DOC_TIME)
        text_put(buf, doc->text, doc->len, arena);
    else if (doc->kind == DOC_REAL)
        real_put(buf, doc, arena);
    else
        put(buf, json_print(doc, JSON_COMPACT_KEPT, arena));
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
        node_put(buf, value, depth, arena);
        return;
    }
    if (!value->plain || *value->plain)
        put(buf, " ");
    scalar_put(buf, value, depth, arena);
    put(buf, "\n");
}

/* libyaml reads a key that is nothing at all only behind a question mark, and a long one too. */
static void key_put(struct buf *buf, const struct doc *item, unsigned depth, struct arena *arena)
{
    bool marked = (item->key_plain && !*item->key_plain) || item->key_len > SIMPLE_KEY_MAX;
    if (marked)
        put(buf, item->key_len ? "? " : "?");
    if (is_verbatim(item->key_plain, depth))
        put(buf, item->key_plain);
    else
        text_put(buf, item->key, item->key_len, arena);
    if (marked) {
        put(buf, "\n");
        indent(buf, depth);
    }
    put(buf, ":");
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static void node_put(struct buf *buf, const struct doc *doc, unsigned depth, struct arena *arena)
{
    DOC_FOREACH (doc, item) {
        indent(buf, depth);
        if (doc->kind == DOC_LIST) {
            put(buf, "-");
        } else {
            key_put(buf, item, depth, arena);
        }
        value_put(buf, item, depth + 1, arena);
    }
}

const char *yaml_text(const struct doc *doc, struct arena *arena)
{
    CLEANUP(buf_clearp) struct buf buf;
    buf_init(&buf, TEXT_MAX);
    struct doc root = *doc;
    if (root.plain && !*root.plain)
        root.plain = NULL; /* an empty document: null */
    if (is_block(doc))
        node_put(&buf, doc, 0, arena);
    else
        value_put(&buf, &root, 0, arena);
    const char *text = buf.data + (buf.data[0] == ' ');
    return arena_strndup(arena, text, strlen(text));
}
