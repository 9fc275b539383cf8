#include <string.h>

#include "client/install/tree.h"

/* A record that is undone, and a later one. */
struct hand {
    struct doc *record, *later, *kept;
    const struct doc *list; /* the path of the record's list; NULL when it has leaves */
    struct arena *arena, *scratch;
    bool changed; /* the later one is */
};

#define EMPTY_LIST ((struct doc){ .kind = DOC_LIST })

static struct doc *list_of(const struct doc *record, const char *key)
{
    struct doc *list = doc_find(record, key);
    return list && list->kind == DOC_LIST ? list : NULL;
}

/* Of a leaf, or of a parent, which is its path; NULL when it is not one. */
static const struct doc *path_of(const struct doc *item)
{
    const struct doc *path = item->kind == DOC_LIST ? item : list_of(item, "path");
    if (path)
        DOC_FOREACH (path, key)
            if (key->kind != DOC_TEXT)
                return NULL;
    return path && path->first ? path : NULL;
}

/* "a.b" as leaves have it. */
static const struct doc *path_of_list(const char *dotted, struct arena *arena)
{
    struct doc *path = doc_new(arena, DOC_LIST);
    for (const char *at = dotted;; at++) {
        size_t len = strcspn(at, ".");
        doc_add_text(arena, path, NULL, arena_strndup(arena, at, len));
        at += len;
        if (!*at)
            return path;
    }
}

static bool path_begins(const struct doc *path, const struct doc *head)
{
    const struct doc *key = path->first;
    DOC_FOREACH (head, at) {
        if (!key || strcmp(key->text, at->text) != 0)
            return false;
        key = key->next;
    }
    return true;
}

/* Empties a list; what it had stays linked. */
static struct doc *items_off(struct doc *list)
{
    struct doc *first = list->first;
    list->first = list->last = NULL;
    list->count = 0;
    return first;
}

static void items_move(struct doc *from, struct doc *to)
{
    for (struct doc *item = items_off(from), *next; item; item = next) {
        next = item->next;
        item->next = NULL;
        doc_append(to, item);
    }
}

/* Out of a list of leaves or parents: what is at a path or below it, and what is above. */
static void items_split(struct doc *list, const struct doc *at, struct doc *below,
                        struct doc *above)
{
    if (!list)
        return;
    for (struct doc *item = items_off(list), *next; item; item = next) {
        const struct doc *path = path_of(item);
        next = item->next;
        item->next = NULL;
        if (path && path_begins(path, at))
            doc_append(below, item);
        else
            doc_append(path && path_begins(at, path) ? above : list, item);
    }
}

/* In front of all that is in it: they are pruned last first. */
static void parent_insert(struct doc *parents, struct doc *parent)
{
    struct doc *former = items_off(parents);
    for (struct doc *item = former, *next; item; item = next) {
        const struct doc *path = path_of(item);
        next = item->next;
        item->next = NULL;
        if (parent && path && path_begins(path, parent)) {
            doc_append(parents, parent);
            parent = NULL;
        }
        doc_append(parents, item);
    }
    if (parent)
        doc_append(parents, parent);
}

/* Parents that something later is in are pruned when that goes. */
static void parents_give(struct hand *hand, struct doc *parents)
{
    struct doc *theirs = list_of(hand->later, "created_parents");
    if (!parents->count)
        return;
    if (!theirs)
        theirs = doc_add_list(hand->arena, hand->later, "created_parents");
    for (struct doc *parent = items_off(parents), *next; parent; parent = next) {
        next = parent->next;
        parent->next = NULL;
        parent_insert(theirs, parent);
    }
    hand->changed = true;
}

static void leaves_keep(struct hand *hand, const struct doc *leaves)
{
    DOC_FOREACH (leaves, leaf)
        doc_append(hand->kept, doc_copy(hand->arena, path_of(leaf)));
}

/* Undoes parts of the record in what a later leaf found: a document that holds nothing else. */
static bool prior_undo(struct hand *hand, struct doc *leaf, const struct doc *parts,
                       struct error *err)
{
    struct arena *scratch = hand->scratch;
    const struct doc *prior = doc_find(leaf, "prior_value"), *path = path_of(leaf);
    struct doc *root = doc_new(scratch, DOC_TABLE), *at = root;
    struct doc *changed = doc_new(scratch, DOC_LIST);
    if (!prior)
        return true;
    for (const struct doc *key = path->first; key; key = key->next) {
        if (key->next)
            at = doc_add_table(scratch, at, key->text);
        else
            tree_set(at, key->text, prior, scratch);
    }
    if (!(hand->list ? tree_unappend(root, parts, changed, scratch, err)
                     : tree_unmerge(root, parts, changed, scratch, err)))
        return false;
    const struct doc *left = root;
    DOC_FOREACH (path, key)
        left = doc_find(left, key->text);
    if (left)
        tree_set(leaf, "prior_value", left, hand->arena);
    else
        tree_remove_member(leaf, "prior_value");
    hand->changed = true;
    return true;
}

static bool leaf_hand_over(struct hand *hand, struct doc *leaf, struct error *err)
{
    struct doc leaves = EMPTY_LIST, above = EMPTY_LIST, parents = EMPTY_LIST, around = EMPTY_LIST;
    struct doc *record = hand->record, *entries = list_of(record, "entries");
    const struct doc *path = path_of(leaf);
    if (!path)
        return true;
    items_split(list_of(record, "leaves"), path, &leaves, &above);
    leaves_keep(hand, &above); /* else what is later would go with it */
    items_split(list_of(record, "created_parents"), path, &parents, &around);
    parents_give(hand, &around);
    bool list = hand->list && entries && path_begins(hand->list, path);
    if (!leaves.count && !parents.count && !list)
        return true;
    struct doc *parts = doc_new(hand->scratch, DOC_TABLE);
    doc_add_text(hand->scratch, parts, "path", doc_text(record, "path"));
    doc_add_text(hand->scratch, parts, "key_field", doc_text(record, "key_field"));
    items_move(&leaves, doc_add_list(hand->scratch, parts, "leaves"));
    items_move(&parents, doc_add_list(hand->scratch, parts, "created_parents"));
    struct doc *moved = doc_add_list(hand->scratch, parts, "entries");
    if (list)
        items_move(entries, moved);
    return prior_undo(hand, leaf, parts, err);
}

static struct doc *entry_find(const struct doc *entries, const char *key)
{
    DOC_FOREACH (entries, entry) {
        const char *other = doc_text(entry, "key");
        if (key && other && strcmp(other, key) == 0)
            return entry;
    }
    return NULL;
}

/* An entry in place of the record's. */
static void entry_hand_over(struct hand *hand, const struct doc *entry, struct doc *later)
{
    const struct doc *found = doc_find(later, "prior"), *prior = doc_find(entry, "prior");
    const struct doc *installed = doc_find(entry, "installed");
    if (!found || !installed || !doc_equal(found, installed))
        return;
    if (prior)
        tree_set(later, "prior", prior, hand->arena);
    else
        tree_remove_member(later, "prior");
    hand->changed = true;
}

static bool same_text(const struct doc *a, const struct doc *b, const char *key)
{
    const char *left = doc_text(a, key), *right = doc_text(b, key);
    return left && right && strcmp(left, right) == 0;
}

static void list_hand_over(struct hand *hand, const char *dotted, const struct doc *later)
{
    struct doc leaves = EMPTY_LIST, parents = EMPTY_LIST, *record = hand->record;
    struct doc *entries = list_of(record, "entries");
    const struct doc *path = path_of_list(dotted, hand->scratch);
    items_split(list_of(record, "leaves"), path, &leaves, &leaves);
    leaves_keep(hand, &leaves); /* a list that entries have come into */
    items_split(list_of(record, "created_parents"), path, &parents, &parents);
    parents_give(hand, &parents);
    if (!entries || !same_text(record, hand->later, "path") ||
        !same_text(record, hand->later, "key_field"))
        return;
    for (struct doc *entry = items_off(entries), *next; entry; entry = next) {
        struct doc *over = entry_find(later, doc_text(entry, "key"));
        next = entry->next;
        entry->next = NULL;
        if (over)
            entry_hand_over(hand, entry, over);
        else
            doc_append(entries, entry);
    }
}

bool tree_hand_over(struct doc *record, struct doc *later, struct doc *kept, struct arena *arena,
                    bool *out_changed, struct error *err)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct hand hand = { record, later, kept, NULL, arena, scratch, false };
    const struct doc *leaves = list_of(later, "leaves"), *entries = list_of(later, "entries");
    const char *ours = doc_text(record, "path"), *theirs = doc_text(later, "path");
    if (ours)
        hand.list = path_of_list(ours, scratch);
    if (entries && theirs)
        list_hand_over(&hand, theirs, entries);
    if (leaves)
        DOC_FOREACH (leaves, leaf)
            if (!leaf_hand_over(&hand, leaf, err))
                return false;
    *out_changed = hand.changed;
    return true;
}
