/*
 * Documents to JSON text. Written here, and not by jansson: a start of a program prints its policy
 * to hash it, and building a second tree for that cost more than the rest of the record.
 */
#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define OUTPUT_BYTES 1024 /* at first; doubled as needed */
#define INDENT       2

struct output {
    struct arena *arena;
    enum json_style style;
    char *text;
    size_t len, room;
    unsigned depth;
};

static void grow(struct output *out, size_t len)
{
    size_t room = (out->room + len) * 2;
    char *text = arena_alloc(out->arena, room, 1);
    memcpy(text, out->text, out->len);
    secret_wipe(out->text, out->len); /* who prints a secret wipes what is returned alone */
    out->text = text;
    out->room = room;
}

static void put(struct output *out, const char *bytes, size_t len)
{
    if (out->room - out->len < len)
        grow(out, len);
    memcpy(out->text + out->len, bytes, len);
    out->len += len;
}

static void put_char(struct output *out, char c)
{
    if (out->room == out->len)
        grow(out, 1);
    out->text[out->len++] = c;
}

static void put_escape(struct output *out, unsigned char c)
{
    static const char letters[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
    const char *known = c ? strchr(values, c) : NULL;
    char text[8];
    if (known)
        (void)snprintf(text, sizeof(text), "\\%c", letters[known - values]);
    else
        (void)snprintf(text, sizeof(text), "\\u%04X", c);
    put(out, text, strlen(text));
}

/* ASCII that stands in JSON as it is, which nearly all text is. */
static bool is_plain(const char *text, size_t len)
{
    bool plain = true;
    for (size_t at = 0; at < len && plain; at++) {
        unsigned char c = (unsigned char)text[at];
        plain = c >= ' ' && c < 0x80 && c != '"' && c != '\\';
    }
    return plain;
}

/* Documents hold UTF-8. Should one not, what is printed does. */
static void put_text(struct output *out, const char *text, size_t len)
{
    bool plain = is_plain(text, len), utf8 = plain || text_is_utf8(text, len);
    put_char(out, '"');
    if (plain) {
        put(out, text, len);
        len = 0;
    }
    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)text[at];
        if (!utf8 && c >= 0x80)
            put(out, "\\uFFFD", 6);
        else if (c < ' ' || c == '"' || c == '\\')
            put_escape(out, c);
        else
            put_char(out, (char)c);
    }
    put_char(out, '"');
}

/* The fewest digits that read back as the same number: what a person wrote is not made 1.1000001.
 * 15 are kept by every double, but for those so small that they have fewer. */
static void put_real(struct output *out, double real)
{
    char text[32];
    bool tiny = real != 0 && real < DBL_MIN && real > -DBL_MIN;
    assert(real <= DBL_MAX && real >= -DBL_MAX); /* finite */
    for (int digits = tiny ? 1 : 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    size_t mantissa = strcspn(text, "e");
    put(out, text, mantissa);
    if (!text[mantissa]) {
        if (!strchr(text, '.'))
            put(out, ".0", 2); /* or it would come back as an integer */
        return;
    }
    const char *exponent = text + mantissa + 1; /* "+20", "-07" */
    put(out, exponent[0] == '-' ? "e-" : "e", exponent[0] == '-' ? 2 : 1);
    exponent++;
    exponent += strspn(exponent, "0");
    put(out, exponent, strlen(exponent));
}

static void put_line(struct output *out)
{
    if (out->style != JSON_PRETTY)
        return;
    put_char(out, '\n');
    for (unsigned i = 0; i < out->depth * INDENT; i++)
        put_char(out, ' ');
}

/* A record has many of these: snprintf takes longer than all the rest of it. */
static void put_integer(struct output *out, int64_t integer)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t left = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (integer < 0)
        put_char(out, '-');
    put(out, digits + at, sizeof(digits) - at);
}

static int by_key(const void *a, const void *b)
{
    const struct doc *left = *(const struct doc *const *)a, *right = *(const struct doc *const *)b;
    size_t shorter = left->key_len < right->key_len ? left->key_len : right->key_len;
    int order = memcmp(left->key, right->key, shorter);
    return order ? order : (left->key_len > right->key_len) - (left->key_len < right->key_len);
}

/* Tables are short, and often in order: then going through them once is all. */
#define INSERTION_MAX 16

static void members_sort(const struct doc **members, size_t count)
{
    if (count > INSERTION_MAX) {
        qsort(members, count, sizeof(const struct doc *), by_key);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const struct doc *member = members[i];
        size_t at = i;
        for (; at > 0 && by_key(&members[at - 1], &member) > 0; at--)
            members[at] = members[at - 1];
        members[at] = member;
    }
}

static void put_value(struct output *out, const struct doc *doc);

/* The members of a table or list, between its brackets. */
/* NOLINTNEXTLINE(misc-no-recursion): documents are bounded in depth when they are read */
static void put_members(struct output *out, const struct doc *doc)
{
    const struct doc **members = ARENA_ARRAY(out->arena, const struct doc *, doc->count + 1);
    bool table = doc->kind == DOC_TABLE;
    size_t count = 0;
    DOC_FOREACH (doc, member)
        members[count++] = member;
    if (table && out->style == JSON_COMPACT_SORTED)
        members_sort(members, count);

    put_char(out, table ? '{' : '[');
    out->depth++;
    for (size_t i = 0; i < count; i++) {
        if (i)
            put_char(out, ',');
        put_line(out);
        if (table) {
            put_text(out, members[i]->key, members[i]->key_len);
            put(out, ": ", out->style == JSON_PRETTY ? 2 : 1);
        }
        put_value(out, members[i]);
    }
    out->depth--;
    if (count)
        put_line(out);
    put_char(out, table ? '}' : ']');
}

/* NOLINTNEXTLINE(misc-no-recursion): documents are bounded in depth when they are read */
static void put_value(struct output *out, const struct doc *doc)
{
    switch (doc->kind) {
    case DOC_NULL:
        put(out, "null", 4);
        return;
    case DOC_BOOL:
        put(out, doc->boolean ? "true" : "false", doc->boolean ? 4 : 5);
        return;
    case DOC_INTEGER:
        put_integer(out, doc->integer);
        return;
    case DOC_REAL:
        put_real(out, doc->real);
        return;
    case DOC_TEXT:
    case DOC_TIME:
        put_text(out, doc->text, doc->len);
        return;
    case DOC_LIST:
    case DOC_TABLE:
        put_members(out, doc);
        return;
    }
    __builtin_unreachable();
}

const char *json_print(const struct doc *doc, enum json_style style, struct arena *arena)
{
    struct output out = { .arena = arena, .style = style, .room = OUTPUT_BYTES };
    out.text = arena_alloc(arena, out.room, 1);
    put_value(&out, doc);
    put_char(&out, '\0');
    return out.text;
}
