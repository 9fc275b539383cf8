/*
 * libyaml's events become a tree. Collections that are open stand on a stack of fixed height, so
 * no input makes the reader recurse; an alias is a copy, counted node by node against a limit.
 */
#include "lib/yaml/yaml.h"

#include <string.h>
#include <yaml.h>

#include "lib/base/cleanup.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/yaml/scalar.h"

#define TAGS_MAX 1000

struct level {
    struct doc *doc;
    struct doc *key; /* of a table: read, its value not yet */
};

struct anchor {
    const char *name;
    struct doc *doc;
    struct anchor *next; /* the one before */
};

struct reader {
    yaml_parser_t parser;
    const char *source;
    struct arena *arena;
    struct error *err;
    struct level levels[LIMIT_DOC_DEPTH + 1];
    unsigned depth; /* levels in use */
    struct anchor *anchors;
    size_t nodes;
    size_t lookups; /* keys and anchors compared so far */
    struct doc *root;
};

static bool fault_at(struct reader *reader, const yaml_mark_t *mark, const char *message)
{
    error_set(reader->err, INVALID, "%s", message);
    return doc_place(reader->err, reader->source, mark->line + 1, mark->column + 1);
}

static bool node_count(struct reader *reader, const yaml_mark_t *mark)
{
    if (++reader->nodes <= LIMIT_YAML_NODES)
        return true;
    return fault_at(reader, mark, "more values than a document may have, aliases counted");
}

static struct doc *node_new(struct reader *reader, enum doc_kind kind, const yaml_mark_t *mark)
{
    struct doc *doc = doc_new(reader->arena, kind);
    doc->source = reader->source;
    doc->line = (unsigned)mark->line + 1;
    doc->column = (unsigned)mark->column + 1;
    return doc;
}

/* A scalar where a table wants a key. */
static bool key_take(struct reader *reader, struct level *level, struct doc *doc,
                     const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    if (event->type != YAML_SCALAR_EVENT)
        return fault_at(reader, mark, "a key must be text");
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (strlen(text) != len)
        return fault_at(reader, mark, "a key contains NUL");
    if (strcmp(text, "<<") == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fault_at(reader, mark, "merge keys (<<) are not read: write the keys out");
    reader->lookups += level->doc->count;
    if (reader->lookups > LIMIT_YAML_LOOKUPS)
        return fault_at(reader, mark, "more keys than a document may have");
    if (doc_find(level->doc, text))
        return fault_at(reader, mark, "this key is there already");
    doc->key = arena_strndup(reader->arena, text, len);
    doc->key_len = (uint32_t)len;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        doc->plain = doc->key;
    level->key = doc;
    return true;
}

/* A finished or just begun value goes where the innermost open collection wants it. */
static bool value_place(struct reader *reader, struct doc *doc)
{
    if (!reader->depth) {
        reader->root = doc;
        return true;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->doc->kind == DOC_TABLE) {
        doc->key = level->key->key;
        doc->key_len = level->key->key_len;
        doc->key_plain = level->key->plain;
        doc->key_line = level->key->line;
        doc->key_column = level->key->column;
        level->key = NULL;
    }
    doc_append(level->doc, doc);
    return true;
}

static bool wants_key(const struct reader *reader)
{
    const struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
    return level && level->doc->kind == DOC_TABLE && !level->key;
}

static void anchor_set(struct reader *reader, const yaml_char_t *name, struct doc *doc)
{
    if (!name)
        return;
    struct anchor *anchor = ARENA_NEW(reader->arena, struct anchor);
    const char *text = (const char *)name;
    anchor->name = arena_strndup(reader->arena, text, strlen(text));
    anchor->doc = doc;
    anchor->next = reader->anchors;
    reader->anchors = anchor;
}

static bool scalar_take(struct reader *reader, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (event->data.scalar.tag)
        return fault_at(reader, mark, "tags are not read");
    struct doc *doc = node_new(reader, DOC_TEXT, mark);
    if (!node_count(reader, mark))
        return false;
    if (wants_key(reader))
        return key_take(reader, &reader->levels[reader->depth - 1], doc, event);

    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        if (!yaml_scalar_read(text, len, reader->arena, doc))
            return fault_at(reader, mark, "this number cannot be held");
        doc->plain = strlen(text) == len ? arena_strndup(reader->arena, text, len) : NULL;
    } else {
        doc->text = arena_strndup(reader->arena, text, len);
        doc->len = len;
    }
    anchor_set(reader, event->data.scalar.anchor, doc);
    return value_place(reader, doc);
}

static bool collection_open(struct reader *reader, const yaml_event_t *event, enum doc_kind kind)
{
    bool table = kind == DOC_TABLE;
    const yaml_char_t *tag = table ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        table ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_mark_t *mark = &event->start_mark;
    if (tag)
        return fault_at(reader, mark, "tags are not read");
    if (wants_key(reader))
        return fault_at(reader, mark, "a key must be text");
    if (reader->depth > LIMIT_DOC_DEPTH)
        return fault_at(reader, mark, "nested too deep");

    struct doc *doc = node_new(reader, kind, mark);
    if (!node_count(reader, mark) || !value_place(reader, doc))
        return false;
    anchor_set(reader, anchor, doc);
    reader->levels[reader->depth++] = (struct level){ .doc = doc };
    return true;
}

/* Counts a tree and its height against what is left; both are bounded, so the walk is. */
/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded when the tree is made */
static bool alias_count(struct reader *reader, const struct doc *doc, unsigned depth,
                        const yaml_mark_t *mark)
{
    if (depth > LIMIT_DOC_DEPTH)
        return fault_at(reader, mark, "nested too deep");
    if (!node_count(reader, mark))
        return false;
    if (doc->kind != DOC_LIST && doc->kind != DOC_TABLE)
        return true;
    DOC_FOREACH (doc, item)
        if (!alias_count(reader, item, depth + 1, mark))
            return false;
    return true;
}

static bool is_open(const struct reader *reader, const struct doc *doc)
{
    for (unsigned i = 0; i < reader->depth; i++)
        if (reader->levels[i].doc == doc)
            return true;
    return false;
}

static bool alias_take(struct reader *reader, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    const struct anchor *anchor = reader->anchors;
    for (; anchor && strcmp(anchor->name, (const char *)event->data.alias.anchor) != 0;
         anchor = anchor->next)
        reader->lookups++;
    if (reader->lookups > LIMIT_YAML_LOOKUPS)
        return fault_at(reader, mark, "more aliases than a document may have");
    if (wants_key(reader))
        return fault_at(reader, mark, "a key must be text");
    if (!anchor)
        return fault_at(reader, mark, "this alias names nothing");
    if (is_open(reader, anchor->doc))
        return fault_at(reader, mark, "this alias leads into itself");
    if (!alias_count(reader, anchor->doc, reader->depth, mark))
        return false;
    struct doc *copy = doc_copy(reader->arena, anchor->doc);
    copy->line = (unsigned)mark->line + 1;
    copy->column = (unsigned)mark->column + 1;
    return value_place(reader, copy);
}

static bool event_take(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->root)
            return fault_at(reader, &event->start_mark, "a second document");
        return true;
    case YAML_SCALAR_EVENT:
        return scalar_take(reader, event);
    case YAML_ALIAS_EVENT:
        return alias_take(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return collection_open(reader, event, DOC_LIST);
    case YAML_MAPPING_START_EVENT:
        return collection_open(reader, event, DOC_TABLE);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    __builtin_unreachable();
}

/* libyaml compares each %TAG with all before it. Tags are not read, so that they say nothing. */
static bool tags_check(struct reader *reader, const char *text, size_t len)
{
    yaml_mark_t start = { 0 };
    unsigned count = 0;
    for (const char *at = text; (at = memmem(at, len - (size_t)(at - text), "%TAG", 4)); at += 4)
        if (++count > TAGS_MAX)
            return fault_at(reader, &start, "over 1000 times %TAG");
    return true;
}

static bool events_read(struct reader *reader)
{
    for (bool done = false; !done;) {
        CLEANUP(yaml_event_delete) yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            memset(&event, 0, sizeof(event));
            const char *problem = reader->parser.problem;
            return fault_at(reader, &reader->parser.problem_mark, problem ? problem : "not YAML");
        }
        done = event.type == YAML_STREAM_END_EVENT;
        if (!event_take(reader, &event))
            return false;
    }
    return true;
}

bool yaml_parse(const char *text, size_t len, const char *source, struct arena *arena,
                struct doc **out, struct error *err)
{
    yaml_mark_t start = { 0 };
    struct reader reader = { .source = source, .arena = arena, .err = err };
    if (!text_is_utf8(text, len))
        return fault_at(&reader, &start, "not UTF-8");
    if (!tags_check(&reader, text, len))
        return false;
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    text +=
        mark; /* of byte order: libyaml counts it as a column, and finds the next key outdented */
    len -= mark;
    if (!yaml_parser_initialize(&reader.parser))
        abort();
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, len);
    bool ok = events_read(&reader);
    yaml_parser_delete(&reader.parser);
    if (!ok)
        return false;
    *out = reader.root ? reader.root : node_new(&reader, DOC_NULL, &start);
    return true;
}
