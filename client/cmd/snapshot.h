/* What the verbs of `nono snapshot` share. */
#pragma once

#include <stdio.h>

#include "client/cmd/commands.h"
#include "client/ui/term.h"
#include "sandbox/snapshot/snapshot.h"

extern const struct command command_snapshot_create;
extern const struct command command_snapshot_list;
extern const struct command command_snapshot_show;
extern const struct command command_snapshot_diff;
extern const struct command command_snapshot_restore;
extern const struct command command_snapshot_verify;
extern const struct command command_snapshot_delete;
extern const struct command command_snapshot_prune;

/* The store of this user: made when it is missing; as it is, for commands that look. */
bool snapshots_open(struct snapshot_store **out, struct error *err) MUST_CHECK;
bool snapshots_find(struct snapshot_store **out, struct error *err) MUST_CHECK;

/* Exactly one operand, or none: NULL. what is "the name of a snapshot". */
bool operand_one(const char **operands, const char *what, const char **out, struct error *err)
    MUST_CHECK;
bool operand_optional(const char **operands, const char **out, struct error *err) MUST_CHECK;

/* The part of a document that is the same wherever a snapshot is shown. */
void snapshot_describe(const struct snapshot *snapshot, struct arena *arena, struct doc *table);
/* Sentences to stderr, one a line, safe for a terminal. */
void notes_print(const struct list *notes, struct arena *arena);
void notes_describe(const struct list *notes, const char *key, struct arena *arena,
                    struct doc *table);

/* "added", "removed", "content", "kind", "facts" */
const char *change_name(enum snapshot_change_kind kind);
/* Adds a change to a list of documents: a visitor whose context is struct changes. */
struct changes {
    struct arena *arena;
    struct doc *list; /* NULL: print as text */
    FILE *stream;     /* where to, then */
    uint64_t count;
    bool all; /* a time alone is a change too */
};
bool changes_visit(const struct snapshot_change *change, void *context, struct error *err);
