#include "sandbox/snapshot/compare.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/snapshot/facts.h"
#include "sandbox/snapshot/notes.h"

static bool pair_compare(struct compare *compare, struct node *from, struct node *to, bool *changed,
                         struct error *err);

static struct node *as_folder(struct node *node)
{
    return node && node->kind == NODE_FOLDER ? node : NULL;
}

static char letter_of(const struct node *node)
{
    if (!node)
        return '\0';
    return (char)node->kind;
}

static bool report(struct compare *compare, enum snapshot_change_kind kind, const struct node *from,
                   const struct node *to, struct error *err)
{
    compare->differences++;
    if (!compare->visitor)
        return true;
    const struct snapshot_change change = {
        .kind = kind,
        .path = compare->path.text,
        .was = letter_of(from),
        .is = letter_of(to),
        .mode_was = from ? from->mode : 0,
        .mode_is = to ? to->mode : 0,
        .size_was = from ? from->size : 0,
        .size_is = to ? to->size : 0,
    };
    return compare->visitor->visit(&change, compare->visitor->context, err);
}

/* What a restore does not touch, whatever it is now. */
static bool is_let_be(struct compare *compare, const struct node *from, const struct node *to)
{
    if (from && from->kind == NODE_MOUNT)
        return true;
    if (from && from->held) {
        if (to)
            notes_add(&compare->notes, compare->arena, compare->path.text,
                      "a run that denies it is under way: left as it is");
        return true;
    }
    if (!to || !node_is_left_out(to))
        return false;
    if (!from || from->kind != to->kind)
        notes_add(&compare->notes, compare->arena, compare->path.text,
                  "the snapshot has its name alone; it is left as it is");
    return true;
}

static bool is_folder_of_others(const struct compare *compare, const struct node *from)
{
    return compare->restoring && from && from->kind == NODE_FOLDER && !facts_are_ours(from->uid);
}

static bool facts_differ(const struct compare *compare, const struct node *from,
                         const struct node *to)
{
    if (is_folder_of_others(compare, from))
        return false;
    if (from->mode != to->mode || from->mtime_ns != to->mtime_ns)
        return true;
    /* only root can give a file away */
    return (!compare->restoring || geteuid() == 0) &&
           (from->uid != to->uid || from->gid != to->gid);
}

static void action_set(struct compare *compare, struct node *to, enum action action)
{
    if (!compare->restoring)
        return;
    to->action = (uint8_t)action;
    if (action != ACTION_FACTS)
        to->staged = ++compare->staged;
}

/* One side of an entry, or both. */
static bool entry_compare(struct compare *compare, struct node *from, struct node *to,
                          struct error *err)
{
    if (!from) {
        action_set(compare, to, to->kind == NODE_FOLDER ? ACTION_MAKE : ACTION_PUT);
        return report(compare, SNAPSHOT_ADDED, NULL, to, err);
    }
    if (!to)
        return report(compare, SNAPSHOT_REMOVED, from, NULL, err);
    if (from->kind != to->kind) {
        bool folder = from->kind == NODE_FOLDER || to->kind == NODE_FOLDER;
        action_set(compare, to, folder ? ACTION_SWAP : ACTION_PUT);
        return report(compare, SNAPSHOT_KIND, from, to, err);
    }
    if (node_has_content(to) && memcmp(from->digest, to->digest, SHA256_BYTES) != 0) {
        action_set(compare, to, ACTION_PUT);
        return report(compare, SNAPSHOT_CONTENT, from, to, err);
    }
    if (facts_differ(compare, from, to)) {
        /* in the place of another's file or link a copy of our own can be put */
        bool own = from->kind == NODE_FOLDER || facts_are_ours(from->uid);
        action_set(compare, to, own ? ACTION_FACTS : ACTION_PUT);
        return report(compare, SNAPSHOT_FACTS, from, to, err);
    }
    return true;
}

/* To a difference that is only told, what a run stands on is not there. */
static struct node *shown(const struct compare *compare, struct node *node)
{
    return node && node->held && !compare->restoring ? NULL : node;
}

/* The children of two folders, of which one may be missing, in the order of their names. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
static bool children_compare(struct compare *compare, struct node *from, struct node *to,
                             bool *changed, struct error *err)
{
    size_t i = 0, j = 0, from_count = from ? from->count : 0, to_count = to ? to->count : 0;
    while (i < from_count || j < to_count) {
        int order = i == from_count ? 1 : j == to_count ? -1 : 0;
        if (order == 0)
            order = strcmp(from->children[i].name, to->children[j].name);
        struct node *left = order <= 0 ? shown(compare, &from->children[i++]) : NULL;
        struct node *right = order >= 0 ? shown(compare, &to->children[j++]) : NULL;
        bool differs = false;
        if ((left || right) && !pair_compare(compare, left, right, &differs, err))
            return false;
        *changed |= differs;
    }
    return true;
}

/* A folder that stays and is not ours: what facts_differ leaves out, and what changed in it. */
static void others_note(struct compare *compare, const struct node *from, const struct node *to,
                        bool changed)
{
    if (!to || !is_folder_of_others(compare, from))
        return;
    if (changed || from->mode != to->mode || from->mtime_ns != to->mtime_ns)
        notes_add(&compare->notes, compare->arena, compare->path.text,
                  "another's: its own permissions and time are left as they are");
}

/* NOLINTNEXTLINE(misc-no-recursion): as above */
static bool pair_compare(struct compare *compare, struct node *from, struct node *to, bool *changed,
                         struct error *err)
{
    const struct node *named = from ? from : to;
    assert(named); /* an entry is on one side at least */
    uint64_t before_count = compare->differences;
    size_t before;
    if (!path_push(&compare->path, named, &before, err))
        return false;
    bool skipped = scope_skips(compare->scope, compare->path.text, named->name) ||
                   (compare->restoring && is_let_be(compare, from, to));
    bool deeper = false;
    struct node *from_folder = as_folder(from), *to_folder = as_folder(to);
    if (!skipped && (!entry_compare(compare, from, to, err) ||
                     !children_compare(compare, from_folder, to_folder, &deeper, err)))
        return false;
    *changed = compare->differences > before_count;
    if (!skipped)
        others_note(compare, from_folder, to_folder, *changed);
    path_pop(&compare->path, before);
    if (from)
        from->changed = *changed;
    if (to)
        to->changed = *changed;
    return true;
}

bool compare_run(struct compare *compare, struct node *from, struct node *to, struct error *err)
{
    bool changed = false;
    if (compare->restoring)
        compare->notes = notes_new(compare->arena);
    if (!children_compare(compare, from, to, &changed, err))
        return false;
    from->changed = to->changed = changed;
    return true;
}
