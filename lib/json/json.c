#include "lib/json/json.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/json/comments.h"
#include "lib/json/places.h"

static bool value_convert(json_t *value, struct arena *arena, unsigned depth, struct doc **out,
                          struct error *err);

static bool object_convert(json_t *object, struct arena *arena, unsigned depth, struct doc *table,
                           struct error *err)
{
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        struct doc *child;
        if (!value_convert(json_object_iter_value(at), arena, depth + 1, &child, err))
            return false;
        child->key_len = json_object_iter_key_len(at);
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

bool json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                struct arena *arena, struct doc **out, struct error *err)
{
    text = arena_strndup(arena, text, len); /* ends in NUL, which json_places_mark relies on */
    if (syntax == JSON_COMMENTS && !json_comments_blank(text, len, source, arena, &text, err))
        return false;

    json_error_t fault;
    json_auto_t *root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &fault);
    if (!root) {
        error_set(err, INVALID, "%s", fault.text);
        return error_prefix(err, "%s:%d:%d", source ? source : "line", fault.line, fault.column);
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

/* NOLINTNEXTLINE(misc-no-recursion): documents are bounded in depth when they are read */
static json_t *value_of(const struct doc *doc)
{
    json_t *value = NULL;
    switch (doc->kind) {
    case DOC_NULL:
        return json_null();
    case DOC_BOOL:
        return json_boolean(doc->boolean);
    case DOC_INTEGER:
        return json_integer(doc->integer);
    case DOC_REAL:
        return json_real(doc->real);
    case DOC_TEXT:
    case DOC_TIME:
        return json_stringn(doc->text, doc->len);
    case DOC_LIST:
        value = json_array();
        DOC_FOREACH (doc, item)
            json_array_append_new(value, value_of(item));
        return value;
    case DOC_TABLE:
        value = json_object();
        DOC_FOREACH (doc, item)
            json_object_set_new(value, item->key, value_of(item));
        return value;
    }
    __builtin_unreachable();
}

const char *json_print(const struct doc *doc, enum json_style style, struct arena *arena)
{
    static const size_t flags[] = {
        [JSON_COMPACT_SORTED] = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY,
        [JSON_COMPACT_KEPT] = JSON_COMPACT | JSON_ENCODE_ANY,
        [JSON_PRETTY] = JSON_INDENT(2) | JSON_ENCODE_ANY,
    };
    json_auto_t *root = value_of(doc);
    CLEANUP(freep) char *text = json_dumps(root, flags[style]);
    assert(text); /* a document holds UTF-8 and finite numbers */
    return arena_strndup(arena, text, strlen(text));
}

const char *json_encode(const struct record *record, const void *in, struct arena *arena)
{
    return json_print(record_encode(record, in, arena), JSON_COMPACT_SORTED, arena);
}
