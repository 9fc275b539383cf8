/* Two trees of one folder, entry by entry. */
#pragma once

#include "sandbox/snapshot/node.h"
#include "sandbox/snapshot/path.h"
#include "sandbox/snapshot/scope.h"
#include "sandbox/snapshot/snapshot.h"

struct compare {
    /* in */
    const struct scope *scope;
    const struct snapshot_visitor *visitor; /* or NULL */
    bool restoring; /* the second tree is to be made of the first: what a restore leaves as it is
                       is no difference, and the second's nodes get their action */
    struct arena *arena; /* restoring: of the notes */
    /* out */
    uint64_t differences;
    uint32_t staged; /* restoring: contents to make ready */
    struct list notes;
    /* within */
    struct path path;
};

/* Marks ->changed in both trees. */
bool compare_run(struct compare *compare, struct node *from, struct node *to, struct error *err)
    MUST_CHECK;
