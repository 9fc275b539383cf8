/*
 * The decoder that toml-test judges: TOML on stdin, its tagged JSON on stdout, status 1 when it is
 * refused. Run: toml-test ./toml-decoder
 */
/* USES lib/toml lib/json */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/json/json.h"
#include "lib/toml/toml.h"

#define INPUT_MAX ((size_t)16 << 20)

static const char *time_type(const char *text)
{
    if (strlen(text) < 10 || text[2] == ':')
        return "time-local";
    if (text[10] == '\0')
        return "date-local";
    const char *tail = text + 11;
    return strpbrk(tail, "Zz+-") ? "datetime" : "datetime-local";
}

static const char *real_text(struct arena *arena, double value)
{
    if (isnan(value))
        return "nan";
    if (isinf(value))
        return value < 0 ? "-inf" : "inf";
    return arena_printf(arena, "%.17g", value);
}

/* type NULL: a list or a table, which has no tag. */
static void scalar_tag(const struct doc *doc, struct arena *arena, const char **type,
                       const char **text)
{
    *type = NULL;
    if (doc->kind == DOC_TEXT) {
        *type = "string";
        *text = doc->text;
    } else if (doc->kind == DOC_INTEGER) {
        *type = "integer";
        *text = arena_printf(arena, "%lld", (long long)doc->integer);
    } else if (doc->kind == DOC_REAL) {
        *type = "float";
        *text = real_text(arena, doc->real);
    } else if (doc->kind == DOC_BOOL) {
        *type = "bool";
        *text = doc->boolean ? "true" : "false";
    } else if (doc->kind == DOC_TIME) {
        *type = time_type(doc->text);
        *text = doc->text;
    }
}

static void text_print(const char *text, size_t len)
{
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == '"' || c == '\\')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void tagged_print(const struct doc *doc, struct arena *arena)
{
    const char *type, *text;
    scalar_tag(doc, arena, &type, &text);
    if (type) {
        printf("{\"type\":\"%s\",\"value\":", type);
        text_print(text, doc->kind == DOC_TEXT ? doc->len : strlen(text));
        putchar('}');
        return;
    }
    bool table = doc->kind == DOC_TABLE;
    putchar(table ? '{' : '[');
    DOC_FOREACH (doc, item) {
        if (item != doc->first)
            putchar(',');
        if (table) {
            text_print(item->key, item->key_len);
            putchar(':');
        }
        tagged_print(item, arena);
    }
    putchar(table ? '}' : ']');
}

int main(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buf_clearp) struct buf input;
    buf_init(&input, INPUT_MAX);
    struct error err;
    char block[4096];
    for (size_t len; (len = fread(block, 1, sizeof(block), stdin)) > 0;)
        if (!buf_append(&input, block, len, &err))
            return 2;

    struct doc *doc;
    if (!toml_parse(input.data ? input.data : "", input.len, NULL, arena, &doc, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    tagged_print(doc, arena);
    putchar('\n');
    return 0;
}
