#include "lib/base/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"

struct doc *doc_new(struct arena *arena, enum doc_kind kind)
{
    struct doc *doc = ARENA_NEW(arena, struct doc);
    doc->kind = kind;
    return doc;
}

void doc_append(struct doc *list, struct doc *item)
{
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
}

void doc_insert(struct arena *arena, struct doc *table, const char *key, struct doc *value)
{
    value->key_len = (uint32_t)strlen(key);
    value->key = arena_strndup(arena, key, value->key_len);
    value->key_plain = NULL;
    doc_append(table, value);
}

static struct doc *child_add(struct arena *arena, struct doc *parent, const char *key,
                             enum doc_kind kind)
{
    struct doc *child = doc_new(arena, kind);
    if (key)
        doc_insert(arena, parent, key, child);
    else
        doc_append(parent, child);
    return child;
}

struct doc *doc_add_table(struct arena *arena, struct doc *parent, const char *key)
{
    return child_add(arena, parent, key, DOC_TABLE);
}

struct doc *doc_add_list(struct arena *arena, struct doc *parent, const char *key)
{
    return child_add(arena, parent, key, DOC_LIST);
}

void doc_add_text(struct arena *arena, struct doc *parent, const char *key, const char *text)
{
    if (!text)
        return;
    struct doc *child = child_add(arena, parent, key, DOC_TEXT);
    child->len = strlen(text);
    child->text = arena_strndup(arena, text, child->len);
}

void doc_add_integer(struct arena *arena, struct doc *parent, const char *key, int64_t value)
{
    child_add(arena, parent, key, DOC_INTEGER)->integer = value;
}

void doc_add_bool(struct arena *arena, struct doc *parent, const char *key, bool value)
{
    child_add(arena, parent, key, DOC_BOOL)->boolean = value;
}

void doc_add_null(struct arena *arena, struct doc *parent, const char *key)
{
    (void)child_add(arena, parent, key, DOC_NULL);
}

void doc_add_time(struct arena *arena, struct doc *parent, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    clock_print(time_us, text);
    doc_add_text(arena, parent, key, text);
}

struct doc *doc_copy(struct arena *arena, const struct doc *doc)
{
    struct doc *copy = doc_new(arena, doc->kind);
    *copy = *doc;
    copy->next = NULL;
    if (doc->key)
        copy->key = arena_strndup(arena, doc->key, doc->key_len);
    if (doc->plain)
        copy->plain = arena_strndup(arena, doc->plain, strlen(doc->plain));
    if (doc->key_plain)
        copy->key_plain = arena_strndup(arena, doc->key_plain, strlen(doc->key_plain));
    if (doc->kind == DOC_TEXT || doc->kind == DOC_TIME)
        copy->text = arena_strndup(arena, doc->text, doc->len);
    if (doc->kind == DOC_LIST || doc->kind == DOC_TABLE) {
        copy->first = copy->last = NULL;
        copy->count = 0;
        DOC_FOREACH (doc, item)
            doc_append(copy, doc_copy(arena, item));
    }
    return copy;
}

static struct doc *member_find(const struct doc *table, const char *key, size_t len)
{
    DOC_FOREACH (table, item)
        if (item->key_len == len && memcmp(item->key, key, len) == 0)
            return item;
    return NULL;
}

static bool tables_equal(const struct doc *a, const struct doc *b)
{
    if (a->count != b->count)
        return false;
    DOC_FOREACH (a, item) {
        const struct doc *other = member_find(b, item->key, item->key_len);
        if (!other || !doc_equal(item, other))
            return false;
    }
    return true;
}

static bool lists_equal(const struct doc *a, const struct doc *b)
{
    const struct doc *left = a->first, *right = b->first;
    for (; left && right; left = left->next, right = right->next)
        if (!doc_equal(left, right))
            return false;
    return !left && !right;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case DOC_NULL:
        return true;
    case DOC_BOOL:
        return a->boolean == b->boolean;
    case DOC_INTEGER:
        return a->integer == b->integer;
    case DOC_REAL:
        return a->real <= b->real && a->real >= b->real;
    case DOC_TEXT:
    case DOC_TIME:
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case DOC_LIST:
        return lists_equal(a, b);
    case DOC_TABLE:
        return tables_equal(a, b);
    }
    __builtin_unreachable();
}

size_t doc_count(const struct doc *doc)
{
    size_t count = 1;
    if (doc->kind == DOC_LIST || doc->kind == DOC_TABLE)
        DOC_FOREACH (doc, item)
            count += doc_count(item);
    return count;
}

struct doc *doc_find_span(const struct doc *doc, const char *key, size_t len)
{
    return doc && doc->kind == DOC_TABLE ? member_find(doc, key, len) : NULL;
}

struct doc *doc_find(const struct doc *doc, const char *key)
{
    return doc_find_span(doc, key, strlen(key));
}

const char *doc_text(const struct doc *doc, const char *key)
{
    const struct doc *member = doc_find(doc, key);
    if (!member || member->kind != DOC_TEXT || strlen(member->text) != member->len)
        return NULL;
    return member->text;
}

const char *doc_kind_name(enum doc_kind kind)
{
    static const char *const names[] = {
        [DOC_NULL] = "null",     [DOC_BOOL] = "true or false", [DOC_INTEGER] = "a whole number",
        [DOC_REAL] = "a number", [DOC_TEXT] = "text",          [DOC_TIME] = "a date or time",
        [DOC_LIST] = "a list",   [DOC_TABLE] = "a table",
    };
    return names[kind];
}

bool doc_add_place(struct error *err, const char *source, size_t line, size_t column)
{
    if (source)
        return error_prefix(err, "%s:%zu:%zu", source, line, column);
    return error_prefix(err, "line %zu, column %zu", line, column);
}

static bool fault_at(struct error *err, const struct doc *doc, unsigned line, unsigned column,
                     const char *message)
{
    error_set(err, INVALID, "%s", message);
    if (line)
        return doc_place(err, doc->source, line, column);
    return doc->source ? error_prefix(err, "%s", doc->source) : false;
}

bool doc_raise(struct error *err, const struct doc *doc, const char *format, ...)
{
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return fault_at(err, doc, doc->line, doc->column, message);
}

bool doc_raise_key(struct error *err, const struct doc *doc, const char *format, ...)
{
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (doc->key_line)
        return fault_at(err, doc, doc->key_line, doc->key_column, message);
    return fault_at(err, doc, doc->line, doc->column, message);
}
