/*
 * Merging into a document and taking it out again, whatever its syntax: json_merge, yaml_merge and
 * json_array_append, with records in the original's shapes. Documents are changed in place; what is
 * put in is copied.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

/* Replaces or adds a member; the others keep their order. */
void tree_set(struct doc *table, const char *key, const struct doc *value, struct arena *arena);
void tree_remove_member(struct doc *table, const char *key);

/*
 * Tables are merged, all else replaced. Adds to record (a table) `leaves`, each {path,
 * installed_value, prior_value?}, and `created_parents`, paths of tables that were not there.
 */
bool tree_merge(struct doc *target, const struct doc *patch, struct doc *record,
                struct arena *arena, struct error *err) MUST_CHECK;

/* Takes out the leaves that are still as they were put in, and the parents that are empty then.
 * The paths of the others go to kept, a list: each a list of keys. */
bool tree_unmerge(struct doc *target, const struct doc *record, struct doc *kept,
                  struct arena *arena, struct error *err) MUST_CHECK;

/*
 * Puts entries into the list at a dotted path (numbers are positions in lists): one that has the
 * same text at key_field is replaced, others are added. Missing tables and the list are made. Adds
 * `entries`, each {key, installed, prior?}, and `created_parents` to record.
 */
struct tree_append {
    const char *path, *key_field;
    const struct doc *entries; /* a list */
};
bool tree_append(struct doc *target, const struct tree_append *append, struct doc *record,
                 struct arena *arena, struct error *err) MUST_CHECK;
/* kept: as of tree_unmerge, the list's path and the entry's key. */
bool tree_unappend(struct doc *target, const struct doc *record, struct doc *kept,
                   struct arena *arena, struct error *err) MUST_CHECK;

/*
 * Before a record is undone, for each later record of the same file, the first to come first: where
 * that stands over what the record put in, the part goes out of the record, and the later one takes
 * over what it found: undone, it leaves no trace of what went before it. What the later one put
 * into a value of the record stays, its path goes to kept. Parents go over with what is in them.
 */
bool tree_hand_over(struct doc *record, struct doc *later, struct doc *kept, struct arena *arena,
                    bool *out_changed, struct error *err) MUST_CHECK;
