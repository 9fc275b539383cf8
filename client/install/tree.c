#include "client/install/tree.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/limits.h"

/* A way down from the root, as the keys of the tables on it. */
struct way {
    const char *keys[LIMIT_DOC_DEPTH];
    size_t depth;
};

static void item_replace(struct doc *list, const struct doc *former, struct doc *item)
{
    struct doc *before = NULL;
    DOC_FOREACH (list, at) {
        if (at == former)
            break;
        before = at;
    }
    item->next = former->next;
    if (before)
        before->next = item;
    else
        list->first = item;
    if (list->last == former)
        list->last = item;
}

static void item_remove(struct doc *list, const struct doc *former)
{
    struct doc *before = NULL;
    DOC_FOREACH (list, at) {
        if (at == former)
            break;
        before = at;
    }
    if (before)
        before->next = former->next;
    else
        list->first = former->next;
    if (list->last == former)
        list->last = before;
    list->count--;
}

void tree_set(struct doc *table, const char *key, const struct doc *value, struct arena *arena)
{
    struct doc *copy = doc_copy(arena, value);
    const struct doc *former = doc_find(table, key);
    if (!former) {
        const char *plain = value->key && strcmp(value->key, key) == 0 ? copy->key_plain : NULL;
        doc_insert(arena, table, key, copy);
        copy->key_plain = plain;
        return;
    }
    copy->key = former->key;
    copy->key_len = former->key_len;
    copy->key_plain = former->key_plain;
    item_replace(table, former, copy);
}

void tree_remove_member(struct doc *table, const char *key)
{
    const struct doc *former = doc_find(table, key);
    if (former)
        item_remove(table, former);
}

static struct doc *way_print(const struct way *way, struct arena *arena)
{
    struct doc *list = doc_new(arena, DOC_LIST);
    for (size_t i = 0; i < way->depth; i++)
        doc_add_text(arena, list, NULL, way->keys[i]);
    return list;
}

static struct doc *record_list(struct doc *record, const char *key, struct arena *arena)
{
    struct doc *list = doc_find(record, key);
    return list ? list : doc_add_list(arena, record, key);
}

static void parent_record(struct doc *record, const struct way *way, struct arena *arena)
{
    doc_append(record_list(record, "created_parents", arena), way_print(way, arena));
}

static void leaf_put(struct doc *table, const struct doc *value, const struct way *way,
                     struct doc *record, struct arena *arena)
{
    struct doc *leaf = doc_add_table(arena, record_list(record, "leaves", arena), NULL);
    doc_insert(arena, leaf, "path", way_print(way, arena));
    doc_insert(arena, leaf, "installed_value", doc_copy(arena, value));
    const struct doc *prior = doc_find(table, value->key);
    if (prior)
        doc_insert(arena, leaf, "prior_value", doc_copy(arena, prior));
    tree_set(table, value->key, value, arena);
}

/* NOLINTNEXTLINE(misc-no-recursion): readers bound the depth of documents */
static bool table_merge(struct doc *target, const struct doc *patch, struct way *way,
                        struct doc *record, struct arena *arena)
{
    if (way->depth >= LIMIT_DOC_DEPTH)
        return false;
    way->depth++;
    DOC_FOREACH (patch, item) {
        way->keys[way->depth - 1] = item->key;
        struct doc *below = doc_find(target, item->key);
        if (item->kind != DOC_TABLE || (below && below->kind != DOC_TABLE)) {
            leaf_put(target, item, way, record, arena);
            continue;
        }
        if (!below) {
            below = doc_add_table(arena, target, item->key);
            below->key_plain = item->key_plain;
            parent_record(record, way, arena);
        }
        if (!table_merge(below, item, way, record, arena))
            return false;
    }
    way->depth--;
    return true;
}

bool tree_merge(struct doc *target, const struct doc *patch, struct doc *record,
                struct arena *arena, struct error *err)
{
    struct way way = { .depth = 0 };
    if (target->kind != DOC_TABLE)
        return error_set(err, CONFLICT, "the document is %s, not a table",
                         doc_kind_name(target->kind));
    if (patch->kind != DOC_TABLE)
        return error_set(err, INVALID, "the patch is %s, not a table", doc_kind_name(patch->kind));
    (void)record_list(record, "leaves", arena);
    return table_merge(target, patch, &way, record, arena) ||
           error_set(err, TOO_LARGE, "the patch is nested too deep");
}

/* The table that a path's last key is in, or what stands there, or on the way, in place of a table,
 * or NULL when it is not there any more. */
static struct doc *way_follow(struct doc *target, const struct doc *path, const char **out_key)
{
    struct doc *table = target;
    for (const struct doc *key = path->first; key; key = key->next) {
        if (key->kind != DOC_TEXT || !table)
            return NULL;
        if (table->kind != DOC_TABLE)
            return table;
        *out_key = key->text;
        if (key->next)
            table = doc_find(table, key->text);
    }
    return path->first ? table : NULL;
}

static bool path_get(const struct doc *item, const struct doc **out, struct error *err)
{
    const struct doc *path = item->kind == DOC_LIST ? item : doc_find(item, "path");
    if (!path || path->kind != DOC_LIST)
        return error_set(err, INVALID, "a record of the wiring has no path");
    *out = path;
    return true;
}

static bool leaf_take(struct doc *target, const struct doc *leaf, struct doc *kept,
                      struct arena *arena, struct error *err)
{
    const struct doc *path, *installed = doc_find(leaf, "installed_value");
    const struct doc *prior = doc_find(leaf, "prior_value");
    if (!path_get(leaf, &path, err))
        return false;
    const char *key = NULL;
    struct doc *table = way_follow(target, path, &key);
    const struct doc *now = table && table->kind != DOC_TABLE ? table : doc_find(table, key);
    if (!now)
        return true;
    if (now == table || !installed || !doc_equal(now, installed)) {
        doc_append(kept, doc_copy(arena, path)); /* changed since: it is somebody else's now */
        return true;
    }
    if (prior)
        tree_set(table, key, prior, arena);
    else
        tree_remove_member(table, key);
    return true;
}

/* Innermost parents come last in the record. */
static bool parents_prune(struct doc *target, const struct doc *parents, struct error *err)
{
    if (!parents || parents->kind != DOC_LIST)
        return true;
    for (size_t left = parents->count; left-- > 0;) {
        const struct doc *item = parents->first, *path;
        for (size_t i = 0; i < left; i++)
            item = item->next;
        if (!path_get(item, &path, err))
            return false;
        const char *key = NULL;
        struct doc *table = way_follow(target, path, &key);
        const struct doc *now = table && table->kind == DOC_TABLE ? doc_find(table, key) : NULL;
        if (now && (now->kind == DOC_TABLE || now->kind == DOC_LIST) && now->count == 0)
            tree_remove_member(table, key);
    }
    return true;
}

bool tree_unmerge(struct doc *target, const struct doc *record, struct doc *kept,
                  struct arena *arena, struct error *err)
{
    const struct doc *leaves = doc_find(record, "leaves");
    if (target->kind != DOC_TABLE || !leaves || leaves->kind != DOC_LIST)
        return error_set(err, CONFLICT, "the document or its record is not what it was");
    DOC_FOREACH (leaves, leaf)
        if (!leaf_take(target, leaf, kept, arena, err))
            return false;
    return parents_prune(target, doc_find(record, "created_parents"), err);
}

/* The text at a dotted path in an entry, or NULL. */
static const char *key_of(const struct doc *entry, const char *field)
{
    while (entry) {
        size_t len = strcspn(field, ".");
        if (!field[len])
            return doc_text(entry, field);
        entry = doc_find_span(entry, field, len);
        field += len + 1;
    }
    return NULL;
}

static struct doc *item_at(struct doc *list, const char *number)
{
    size_t at = strtoul(number, NULL, 10);
    struct doc *item = list->first;
    while (item && at-- > 0)
        item = item->next;
    return item;
}

static bool is_number(const char *text)
{
    return *text && strlen(text) < 6 && strspn(text, "0123456789") == strlen(text);
}

/* Down a dotted path to its list. With record: makes what is missing. *out NULL: not there. */
static bool list_find(struct doc *target, const char *path, struct doc *record, struct arena *arena,
                      struct doc **out)
{
    struct way way = { .depth = 0 };
    struct doc *at = target;
    while (at) {
        size_t len = strcspn(path, ".");
        const char *key = arena_strndup(arena, path, len);
        bool last = !path[len];
        struct doc *below = NULL;
        if (way.depth >= LIMIT_DOC_DEPTH)
            return false;
        way.keys[way.depth++] = key;
        if (at->kind == DOC_LIST && is_number(key))
            below = item_at(at, key);
        else if (at->kind == DOC_TABLE)
            below = doc_find(at, key);
        if (!below && record && at->kind == DOC_TABLE) {
            below = last ? doc_add_list(arena, at, key) : doc_add_table(arena, at, key);
            parent_record(record, &way, arena);
        }
        if (last) {
            *out = below && below->kind == DOC_LIST ? below : NULL;
            return true;
        }
        at = below;
        path += len + 1;
    }
    *out = NULL;
    return true;
}

static struct doc *keyed_find(struct doc *list, const char *key, const char *field)
{
    DOC_FOREACH (list, item) {
        const char *other = key_of(item, field);
        if (other && strcmp(other, key) == 0)
            return item;
    }
    return NULL;
}

static bool entry_put(struct doc *list, const struct doc *entry, const char *field,
                      struct doc *entries, struct arena *arena)
{
    const char *key = key_of(entry, field);
    if (!key)
        return false;
    struct doc *note = doc_add_table(arena, entries, NULL);
    doc_add_text(arena, note, "key", key);
    doc_insert(arena, note, "installed", doc_copy(arena, entry));
    struct doc *copy = doc_copy(arena, entry);
    const struct doc *prior = keyed_find(list, key, field);
    if (!prior) {
        doc_append(list, copy);
        return true;
    }
    doc_insert(arena, note, "prior", doc_copy(arena, prior));
    item_replace(list, prior, copy);
    return true;
}

bool tree_append(struct doc *target, const struct tree_append *append, struct doc *record,
                 struct arena *arena, struct error *err)
{
    struct doc *list;
    if (append->entries->kind != DOC_LIST)
        return error_set(err, INVALID, "the patch is not a list");
    if (!list_find(target, append->path, record, arena, &list) || !list)
        return error_set(err, CONFLICT, "there is something else than a list at \"%.100s\"",
                         append->path);
    struct doc *entries = record_list(record, "entries", arena);
    DOC_FOREACH (append->entries, entry)
        if (!entry_put(list, entry, append->key_field, entries, arena))
            return error_set(err, INVALID, "an entry of the patch has no text at \"%.100s\"",
                             append->key_field);
    return true;
}

/* Entries that are still as they were put in go, or become again what they replaced. */
static void entry_take(struct doc *list, const char *path, const char *field,
                       const struct doc *entry, struct doc *kept, struct arena *arena)
{
    const char *key = doc_text(entry, "key");
    const struct doc *installed = doc_find(entry, "installed");
    const struct doc *prior = doc_find(entry, "prior");
    const struct doc *now = key ? keyed_find(list, key, field) : NULL;
    if (!now)
        return;
    if (!installed || !doc_equal(now, installed)) {
        struct doc *way = doc_add_list(arena, kept, NULL);
        doc_add_text(arena, way, NULL, path);
        doc_add_text(arena, way, NULL, key);
    } else if (prior) {
        item_replace(list, now, doc_copy(arena, prior));
    } else {
        item_remove(list, now);
    }
}

bool tree_unappend(struct doc *target, const struct doc *record, struct doc *kept,
                   struct arena *arena, struct error *err)
{
    const char *path = doc_text(record, "path"), *field = doc_text(record, "key_field");
    const struct doc *entries = doc_find(record, "entries");
    struct doc *list;
    if (!path || !field || !entries || entries->kind != DOC_LIST)
        return error_set(err, INVALID, "a record of the wiring is not whole");
    if (!list_find(target, path, NULL, arena, &list) || !list)
        return true;
    DOC_FOREACH (entries, entry)
        entry_take(list, path, field, entry, kept, arena);
    return parents_prune(target, doc_find(record, "created_parents"), err);
}
