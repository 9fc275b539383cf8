#include "lib/json/json.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/json/comments.h"
#include "lib/json/places.h"

static void free_wiped(void *bytes)
{
    if (bytes)
        explicit_bzero(bytes, malloc_usable_size(bytes));
    free(bytes);
}

void json_wipe_freed(void)
{
    json_set_alloc_funcs(malloc, free_wiped);
}

static bool value_convert(json_t *value, struct arena *arena, unsigned depth, struct doc **out,
                          struct error *err);

static bool object_convert(json_t *object, struct arena *arena, unsigned depth, struct doc *table,
                           struct error *err)
{
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        struct doc *child;
        if (!value_convert(json_object_iter_value(at), arena, depth + 1, &child, err))
            return false;
        child->key_len = (uint32_t)json_object_iter_key_len(at);
        child->key = arena_strndup(arena, json_object_iter_key(at), child->key_len);
        if (strlen(child->key) != child->key_len)
            return error_set(err, INVALID, "a key contains NUL");
        doc_append(table, child);
    }
    return true;
}

static bool array_convert(json_t *array, struct arena *arena, unsigned depth, struct doc *list,
                          struct error *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct doc *child;
        if (!value_convert(json_array_get(array, i), arena, depth + 1, &child, err))
            return false;
        doc_append(list, child);
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool value_convert(json_t *value, struct arena *arena, unsigned depth, struct doc **out,
                          struct error *err)
{
    static const enum doc_kind kinds[] = {
        [JSON_OBJECT] = DOC_TABLE,    [JSON_ARRAY] = DOC_LIST, [JSON_STRING] = DOC_TEXT,
        [JSON_INTEGER] = DOC_INTEGER, [JSON_REAL] = DOC_REAL,  [JSON_TRUE] = DOC_BOOL,
        [JSON_FALSE] = DOC_BOOL,      [JSON_NULL] = DOC_NULL,
    };
    if (depth > LIMIT_DOC_DEPTH)
        return error_set(err, INVALID, "nested deeper than %d", LIMIT_DOC_DEPTH);

    struct doc *doc = doc_new(arena, kinds[json_typeof(value)]);
    *out = doc;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return object_convert(value, arena, depth, doc, err);
    case JSON_ARRAY:
        return array_convert(value, arena, depth, doc, err);
    case JSON_STRING:
        doc->len = json_string_length(value);
        doc->text = arena_strndup(arena, json_string_value(value), doc->len);
        return true;
    case JSON_INTEGER:
        doc->integer = json_integer_value(value);
        return true;
    case JSON_REAL:
        doc->real = json_real_value(value);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        doc->boolean = json_is_true(value);
        return true;
    case JSON_NULL:
        return true;
    }
    __builtin_unreachable();
}

/* A value may be two bytes of text, and a hundred times that in memory: they are counted before
 * anything is made of them. Each but the first stands behind a comma or a bracket. */
static bool values_check(const char *text, size_t len, const char *source, struct error *err)
{
    size_t values = 1;
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '"') {
            for (at++; at < len && text[at] != '"'; at++)
                at += text[at] == '\\';
        } else if (text[at] == ',' || text[at] == '[' || text[at] == '{') {
            values++;
        }
    }
    if (values <= LIMIT_DOC_VALUES)
        return true;
    error_set(err, TOO_LARGE, "over %d values", LIMIT_DOC_VALUES);
    return source ? error_prefix(err, "%s", source) : false;
}

/* Its bytes in a message would not be seen. */
static bool mark_check(const char *text, const char *source, struct error *err)
{
    if (strncmp(text, JSON_BOM, strlen(JSON_BOM)) != 0)
        return true;
    error_set(err, INVALID, "a byte order mark at the start");
    return doc_place(err, source, 1, 1);
}

bool json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                struct arena *arena, struct doc **out, struct error *err)
{
    text = arena_strndup(arena, text, len); /* ends in NUL, which json_places_mark relies on */
    if (syntax == JSON_COMMENTS && !json_comments_blank(text, len, source, arena, &text, err))
        return false;
    if (!mark_check(text, source, err) || !values_check(text, len, source, err))
        return false;

    json_error_t fault;
    json_auto_t *root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &fault);
    if (!root) {
        error_set(err, INVALID, "%s", fault.text);
        return doc_place(err, source, (size_t)fault.line, (size_t)fault.column);
    }
    struct doc *doc;
    if (!value_convert(root, arena, 0, &doc, err))
        return source ? error_prefix(err, "%s", source) : false;
    json_places_mark(text, source, doc);
    *out = doc;
    return true;
}

bool json_decode(const char *text, size_t len, const struct record *record, struct arena *arena,
                 void *out, struct error *err)
{
    struct doc *doc;
    return json_parse(text, len, NULL, JSON_PLAIN, arena, &doc, err) &&
           record_decode(doc, record, arena, out, err);
}

const char *json_encode(const struct record *record, const void *in, struct arena *arena)
{
    return json_print(record_encode(record, in, arena), JSON_COMPACT_SORTED, arena);
}
