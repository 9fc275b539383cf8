/*
 * What came of each pack that a command was given: the list that --json prints, with "pack" and a
 * fixed word as "status" in every entry, and the exit status of the first failure. One pack that
 * fails keeps no other from its turn.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/pack/ref.h"

struct outcomes {
    struct arena *arena;
    const char *title; /* of the command, "nono pull" */
    struct doc *list;
    int status; /* 0 while nothing has failed */
};

void outcomes_init(struct outcomes *outcomes, const char *title, struct arena *arena);

/* An entry of a pack "ns/name", to which the command adds the rest. */
struct doc *outcome_add(struct outcomes *outcomes, const char *pack);

/* The same from what was typed; false when that is no reference. */
bool outcome_ref(struct outcomes *outcomes, const char *operand, struct pack_ref *ref,
                 struct doc **out_entry, struct error *err) MUST_CHECK;

/* Its status is "failed", and why; people are told at once. */
void outcome_fail(struct outcomes *outcomes, struct doc *entry, const struct error *err);
