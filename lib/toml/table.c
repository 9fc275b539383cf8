/*
 * The tables of a TOML document while it is read: what a header or a dotted key may still open or
 * add to. Members are found by a hash of table and key, so that a document of one huge table is
 * read in the time that its length asks for.
 */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/toml/reader.h"

static size_t slot_hash(const struct doc *table, const char *key, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uintptr_t)table; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3U;
    return (size_t)(hash ^ hash >> 32);
}

static struct toml_slot *slot_find(struct toml_slot *slots, size_t count, const struct doc *table,
                                   const char *key, size_t len)
{
    for (size_t i = slot_hash(table, key, len);; i++) {
        struct toml_slot *slot = &slots[i & (count - 1)];
        if (!slot->member || (slot->table == table && slot->member->key_len == len &&
                              memcmp(slot->member->key, key, len) == 0))
            return slot;
    }
}

void toml_slots_free(struct toml_reader *reader)
{
    if (reader->slots != reader->first_slots)
        free(reader->slots);
}

static void slots_grow(struct toml_reader *reader)
{
    size_t count = reader->slot_count ? reader->slot_count * 2 : TOML_SLOTS_FIRST;
    struct toml_slot *slots =
        reader->slot_count ? xcalloc(count, sizeof(*slots)) : reader->first_slots;
    for (size_t i = 0; i < reader->slot_count; i++) {
        const struct toml_slot *old = &reader->slots[i];
        if (old->member)
            *slot_find(slots, count, old->table, old->member->key, old->member->key_len) = *old;
    }
    toml_slots_free(reader);
    reader->slots = slots;
    reader->slot_count = count;
}

struct doc *toml_table_find(const struct toml_reader *reader, const struct doc *table,
                            const struct toml_key *key)
{
    if (!reader->slot_count)
        return NULL;
    return slot_find(reader->slots, reader->slot_count, table, key->text, key->len)->member;
}

void toml_insert(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                 struct doc *value)
{
    if (reader->slots_used * 2 >= reader->slot_count)
        slots_grow(reader);
    value->key = key->text;
    value->key_len = (uint32_t)key->len;
    value->key_line = key->line;
    value->key_column = key->column;
    doc_append(table, value);
    *slot_find(reader->slots, reader->slot_count, table, key->text, key->len) =
        (struct toml_slot){ table, value };
    reader->slots_used++;
}

bool toml_check_depth(struct toml_reader *reader, unsigned depth)
{
    return depth <= LIMIT_DOC_DEPTH || toml_fault(reader, "nested deeper than %d", LIMIT_DOC_DEPTH);
}

bool toml_check_count(struct toml_reader *reader)
{
    return ++reader->values <= LIMIT_DOC_VALUES ||
           toml_fault(reader, "over %d values", LIMIT_DOC_VALUES);
}

static bool key_fault(struct toml_reader *reader, const struct toml_key *key,
                      const struct doc *there, const char *what)
{
    return toml_fault_at(reader, key->line, key->column, "%.64s: %s (line %u)", key->text, what,
                         there->key_line ? there->key_line : there->line);
}

static bool container_add(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                          enum doc_kind kind, enum toml_state state, struct doc **out)
{
    unsigned depth = toml_node_of(table)->depth + 1;
    if (!toml_check_depth(reader, depth) || !toml_check_count(reader))
        return false;
    struct doc *doc = toml_node_new(reader, kind);
    toml_node_of(doc)->state = state;
    toml_node_of(doc)->depth = depth;
    doc->line = key->line;
    doc->column = key->column;
    toml_insert(reader, table, key, doc);
    *out = doc;
    return true;
}

/* One step of a header's path: into a table, or the last element of a list of tables. */
static bool step_into(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                      struct doc **out)
{
    struct doc *there = toml_table_find(reader, table, key);
    if (!there)
        return container_add(reader, table, key, DOC_TABLE, TOML_IMPLICIT, out);
    if (there->kind == DOC_LIST && toml_node_of(there)->state == TOML_TABLES)
        there = there->last;
    if (there->kind != DOC_TABLE || toml_node_of(there)->state == TOML_CLOSED)
        return key_fault(reader, key, there, "is a value, nothing can be added to it");
    *out = there;
    return true;
}

static bool step_to_last(struct toml_reader *reader, struct doc **table,
                         const struct toml_key **key)
{
    for (; (*key)->next; *key = (*key)->next)
        if (!step_into(reader, *table, *key, table))
            return false;
    return true;
}

bool toml_open_table(struct toml_reader *reader, struct doc *root, const struct toml_key *key,
                     struct doc **out)
{
    struct doc *table = root;
    if (!step_to_last(reader, &table, &key))
        return false;
    struct doc *there = toml_table_find(reader, table, key);
    if (!there)
        return container_add(reader, table, key, DOC_TABLE, TOML_HEADER, out);
    if (there->kind != DOC_TABLE || toml_node_of(there)->state != TOML_IMPLICIT)
        return key_fault(reader, key, there, "is there already");
    toml_node_of(there)->state = TOML_HEADER;
    there->line = there->key_line = key->line;
    there->column = there->key_column = key->column;
    *out = there;
    return true;
}

bool toml_open_element(struct toml_reader *reader, struct doc *root, const struct toml_key *key,
                       struct doc **out)
{
    struct doc *table = root;
    if (!step_to_last(reader, &table, &key))
        return false;
    struct doc *list = toml_table_find(reader, table, key);
    if (!list && !container_add(reader, table, key, DOC_LIST, TOML_TABLES, &list))
        return false;
    if (list->kind != DOC_LIST || toml_node_of(list)->state != TOML_TABLES)
        return key_fault(reader, key, list, "is there already, and no list of tables");
    struct doc *element = toml_node_new(reader, DOC_TABLE);
    toml_node_of(element)->state = TOML_HEADER;
    toml_node_of(element)->depth = toml_node_of(list)->depth + 1;
    if (!toml_check_depth(reader, toml_node_of(element)->depth) || !toml_check_count(reader))
        return false;
    element->line = key->line;
    element->column = key->column;
    doc_append(list, element);
    *out = element;
    return true;
}

bool toml_open_dotted(struct toml_reader *reader, struct doc *table, const struct toml_key *key,
                      struct doc **out, const struct toml_key **last)
{
    for (; key->next; key = key->next) {
        struct doc *there = toml_table_find(reader, table, key);
        if (!there && !container_add(reader, table, key, DOC_TABLE, TOML_DOTTED, &there))
            return false;
        if (there->kind != DOC_TABLE)
            return key_fault(reader, key, there, "is a value, nothing can be added to it");
        enum toml_state state = toml_node_of(there)->state;
        if (state != TOML_DOTTED && state != TOML_IMPLICIT)
            return key_fault(reader, key, there, "is a table of its own already");
        toml_node_of(there)->state = TOML_DOTTED;
        table = there;
    }
    struct doc *there = toml_table_find(reader, table, key);
    if (there)
        return key_fault(reader, key, there, "is there already");
    *out = table;
    *last = key;
    return true;
}
