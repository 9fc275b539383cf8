/*
 * Denied paths that do not exist, in a tree that may be written. A mount needs something to stand
 * on, so each gets an empty file nobody may open, and missing folders above it, for as long as the
 * program runs. A killed supervisor leaves them; they are then denied like any other file.
 */
#pragma once

#include "sandbox/policy/plan.h"

struct placeholders {
    struct {
        char *path;
        struct path_id id;
        bool is_dir;
    } * items; /* in the order they were made */
    size_t count;
};

/* For each mask of the plan that needs one; the masks then exist. */
bool placeholders_make(struct plan *plan, struct placeholders *out, struct error *err) MUST_CHECK;
/* Removes what is still there, still the same, and empty. Frees. */
void placeholders_clear(struct placeholders *placeholders);
