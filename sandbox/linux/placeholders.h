/*
 * Denied paths that do not exist, in a tree that may be written. A mount needs something to stand
 * on, so each gets an empty file, and missing folders above it, for as long as the program runs.
 *
 * Several runs may stand on one placeholder: its mode tells what it is, each run holds a shared
 * lock on it, and whoever has it alone at the end takes it away. Gone under a mount, it would leave
 * the other run without one. A killed supervisor leaves it; the next run takes it over.
 */
#pragma once

#include "sandbox/policy/plan.h"

struct placeholders {
    struct arena *arena; /* the plan's, which outlives them */
    struct {
        char *path;
        struct path_id id;
        bool is_dir;
        int fd; /* of a file, locked; else -1 */
    } * items;  /* in the order they were made */
    size_t count;
};

/* Whether there is a placeholder at a path, of whatever run. */
bool placeholders_have(const char *path);

/* Takes the masks of the plan that need nothing to be held: nobody but somebody else could make
 * what they deny. has_overlap is what the others leave. */
void placeholders_spare(struct plan *plan);

/* Makes the folders that are to stay (caps_deny_folder), for their owner alone; the masks then
 * exist, and need no placeholder. */
bool placeholders_keep_folders(struct plan *plan, struct error *err) MUST_CHECK;

/* For each mask of the plan that needs one; the masks then exist. */
bool placeholders_make(struct plan *plan, struct placeholders *out, struct error *err) MUST_CHECK;
/* Removes what is still there, still the same, and empty. */
void placeholders_clear(struct placeholders *placeholders);
