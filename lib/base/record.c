#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/doc.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

/* The keys that lead to the value in hand, for messages: "artifacts[0].size". */
struct path {
    char text[96];
    size_t len;
};

struct decoder {
    struct arena *arena;
    struct error *err;
    struct path path;
};

static void path_append(struct path *path, const char *text, size_t len)
{
    size_t room = sizeof(path->text) - 1 - path->len;
    size_t fits = len < room ? len : room;
    memcpy(path->text + path->len, text, fits);
    path->len += fits;
    path->text[path->len] = '\0';
}

/* Of every value, although few are at fault: so without snprintf. */
static size_t path_push(struct path *path, const char *key, size_t index)
{
    size_t before = path->len;
    char digits[24], *at = digits + sizeof(digits);
    if (key) {
        path_append(path, ".", before > 0);
        path_append(path, key, strlen(key));
        return before;
    }
    *--at = ']';
    do
        *--at = (char)('0' + index % 10);
    while ((index /= 10) > 0);
    *--at = '[';
    path_append(path, at, (size_t)(digits + sizeof(digits) - at));
    return before;
}

static void path_pop(struct path *path, size_t len)
{
    path->len = len;
    path->text[len] = '\0';
}

static bool fault(struct decoder *decoder, const struct doc *doc, const char *expected)
{
    const char *path = decoder->path.text;
    bool negative = doc->kind == DOC_INTEGER && doc->integer < 0; /* what a number may not be */
    doc_fault(decoder->err, doc, "%s%sexpected %s, found %s", path, *path ? ": " : "", expected,
              negative ? "a negative number" : doc_kind_name(doc->kind));
    return error_field(decoder->err, "%s", path);
}

static bool table_decode(struct decoder *decoder, const struct doc *doc,
                         const struct record *record, void *out);

static bool text_decode(struct decoder *decoder, const struct doc *doc, const char **out)
{
    if (doc->kind != DOC_TEXT)
        return fault(decoder, doc, "text");
    if (strlen(doc->text) != doc->len)
        return fault(decoder, doc, "text without NUL");
    *out = arena_strndup(decoder->arena, doc->text, doc->len);
    return true;
}

static bool texts_decode(struct decoder *decoder, const struct doc *doc, struct list *out)
{
    if (doc->kind != DOC_LIST)
        return fault(decoder, doc, "a list of text");
    const char **items = ARENA_ARRAY(decoder->arena, const char *, doc->count);
    size_t i = 0;
    DOC_FOREACH (doc, item) {
        size_t before = path_push(&decoder->path, NULL, i);
        if (!text_decode(decoder, item, &items[i++]))
            return false;
        path_pop(&decoder->path, before);
    }
    *out = (struct list){ items, doc->count };
    return true;
}

static bool list_decode(struct decoder *decoder, const struct doc *doc, const struct record *record,
                        struct list *out)
{
    if (doc->kind != DOC_LIST)
        return fault(decoder, doc, "a list");
    char *items = arena_alloc(decoder->arena, doc->count, record->size);
    size_t i = 0;
    DOC_FOREACH (doc, item) {
        size_t before = path_push(&decoder->path, NULL, i);
        if (!table_decode(decoder, item, record, items + i++ * record->size))
            return false;
        path_pop(&decoder->path, before);
    }
    *out = (struct list){ items, doc->count };
    return true;
}

static bool enum_decode(struct decoder *decoder, const struct doc *doc, const char *const *names,
                        int *out)
{
    if (doc->kind != DOC_TEXT)
        return fault(decoder, doc, "text");
    if (strlen(doc->text) != doc->len)
        return fault(decoder, doc, "text without NUL");
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], doc->text) == 0)
            return *out = i, true;

    const char *path = decoder->path.text;
    doc_fault(decoder->err, doc, "%s%sunknown value \"%s\"", path, *path ? ": " : "", doc->text);
    error_field(decoder->err, "%s", path);
    char known[160] = "";
    for (int i = 0; names[i]; i++)
        (void)snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
                       names[i]);
    return error_hint(decoder->err, "one of: %s", known);
}

static bool number_decode(struct decoder *decoder, const struct doc *doc, enum field_kind kind,
                          void *slot)
{
    if (doc->kind != DOC_INTEGER || (kind == FIELD_U64 && doc->integer < 0))
        return fault(decoder, doc, kind == FIELD_U64 ? "a whole number from 0" : "a whole number");
    *(int64_t *)slot = doc->integer;
    return true;
}

static bool time_decode(struct decoder *decoder, const struct doc *doc, int64_t *out)
{
    if ((doc->kind != DOC_TEXT && doc->kind != DOC_TIME) || strlen(doc->text) != doc->len ||
        !clock_parse(doc->text, out))
        return fault(decoder, doc, "a time as in RFC 3339");
    return true;
}

static bool value_decode(struct decoder *decoder, const struct doc *doc, const struct field *field,
                         void *slot)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return text_decode(decoder, doc, slot);
    case FIELD_U64:
    case FIELD_I64:
        return number_decode(decoder, doc, field->kind, slot);
    case FIELD_BOOL:
        if (doc->kind != DOC_BOOL)
            return fault(decoder, doc, "true or false");
        *(bool *)slot = doc->boolean;
        return true;
    case FIELD_TIME:
        return time_decode(decoder, doc, slot);
    case FIELD_ENUM:
        return enum_decode(decoder, doc, field->names, slot);
    case FIELD_RECORD:
        *(void **)slot = arena_alloc(decoder->arena, 1, field->record->size);
        return table_decode(decoder, doc, field->record, *(void **)slot);
    case FIELD_LIST:
        return list_decode(decoder, doc, field->record, slot);
    case FIELD_TEXTS:
        return texts_decode(decoder, doc, slot);
    case FIELD_DOC:
        *(const struct doc **)slot = doc;
        return true;
    }
    __builtin_unreachable();
}

static bool unknown_key(struct decoder *decoder, const struct doc *item,
                        const struct record *record)
{
    const char *names[LIMIT_RECORD_FIELDS];
    size_t count = 0;
    for (; count < record->count && count < COUNT(names); count++)
        names[count] = record->fields[count].name;

    (void)path_push(&decoder->path, item->key, 0);
    doc_fault_key(decoder->err, item, "%s: unknown key", decoder->path.text);
    error_field(decoder->err, "%s", decoder->path.text);
    const char *near = text_nearest(item->key, names, count);
    if (near)
        error_hint(decoder->err, "did you mean \"%s\"?", near);
    return false;
}

static bool keys_check(struct decoder *decoder, const struct doc *doc, const struct record *record)
{
    DOC_FOREACH (doc, item) {
        bool known = record->open;
        for (size_t i = 0; !known && i < record->count; i++)
            known = strlen(record->fields[i].name) == item->key_len &&
                    memcmp(record->fields[i].name, item->key, item->key_len) == 0;
        if (!known)
            return unknown_key(decoder, item, record);
    }
    return true;
}

static bool table_decode(struct decoder *decoder, const struct doc *doc,
                         const struct record *record, void *out)
{
    if (doc->kind != DOC_TABLE) {
        char expected[96];
        (void)snprintf(expected, sizeof(expected), "a %s table", record->name);
        return fault(decoder, doc, expected);
    }
    if (!keys_check(decoder, doc, record))
        return false;

    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        const struct doc *value = doc_find(doc, field->name);
        if (value && value->kind == DOC_NULL && field->kind != FIELD_DOC)
            value = NULL; /* null is absence */
        if (!value && field->presence != REQUIRED)
            continue;
        size_t before = path_push(&decoder->path, field->name, 0);
        if (!value) {
            doc_fault(decoder->err, doc, "%s: missing", decoder->path.text);
            return error_field(decoder->err, "%s", decoder->path.text);
        }
        if (!value_decode(decoder, value, field, (char *)out + field->offset))
            return false;
        path_pop(&decoder->path, before);
    }
    return true;
}

bool record_decode(const struct doc *doc, const struct record *record, struct arena *arena,
                   void *out, struct error *err)
{
    struct decoder decoder = { .arena = arena, .err = err };
    memset(out, 0, record->size);
    return table_decode(&decoder, doc, record, out);
}

static void texts_encode(const struct list *list, const char *key, struct doc *parent,
                         struct arena *arena)
{
    struct doc *out = doc_add_list(arena, parent, key);
    LIST_FOREACH (*list, const char *, item)
        doc_add_text(arena, out, NULL, *item);
}

static void value_encode(const struct field *field, const void *slot, struct doc *parent,
                         struct arena *arena)
{
    const char *key = field->name;
    switch (field->kind) {
    case FIELD_TEXT:
        doc_add_text(arena, parent, key, *(const char *const *)slot);
        return;
    case FIELD_U64:
    case FIELD_I64:
        doc_add_integer(arena, parent, key, *(const int64_t *)slot);
        return;
    case FIELD_BOOL:
        doc_add_bool(arena, parent, key, *(const bool *)slot);
        return;
    case FIELD_TIME:
        if (*(const int64_t *)slot)
            doc_add_time(arena, parent, key, *(const int64_t *)slot);
        return;
    case FIELD_ENUM:
        doc_add_text(arena, parent, key, field->names[*(const int *)slot]);
        return;
    case FIELD_RECORD:
        if (*(const void *const *)slot)
            doc_insert(arena, parent, key,
                       record_encode(field->record, *(const void *const *)slot, arena));
        return;
    case FIELD_LIST: {
        const struct list *list = slot;
        struct doc *out = doc_add_list(arena, parent, key);
        for (size_t i = 0; i < list->count; i++)
            doc_append(out,
                       record_encode(field->record,
                                     (const char *)list->items + i * field->record->size, arena));
        return;
    }
    case FIELD_TEXTS:
        texts_encode(slot, key, parent, arena);
        return;
    case FIELD_DOC:
        if (*(const struct doc *const *)slot)
            doc_insert(arena, parent, key, doc_copy(arena, *(const struct doc *const *)slot));
        return;
    }
}

struct doc *record_encode(const struct record *record, const void *in, struct arena *arena)
{
    struct doc *table = doc_new(arena, DOC_TABLE);
    for (size_t i = 0; i < record->count; i++)
        value_encode(&record->fields[i], (const char *)in + record->fields[i].offset, table, arena);
    return table;
}
