/*
 * The journal of a restore: which snapshot, and the folder in which the new contents are made ready
 * (in the restored folder itself, so that a rename puts them in place). It is on the disk before
 * that folder is made, and goes when the restore is whole; what a killed restore leaves behind is
 * found by it.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define JOURNAL_STAGING_TEXT 31 /* ".nono-restore-" and 16 hex digits */

struct journal {
    const char *name;    /* of the snapshot; NULL: there is no journal */
    const char *staging; /* one component */
    bool applying;       /* something of the folder may have been changed */
};

bool restore_journal_read(int dir, struct arena *arena, struct journal *out, struct error *err)
    MUST_CHECK;
bool restore_journal_write(int dir, const struct journal *journal, struct error *err) MUST_CHECK;
/* Removes the staging folder from the restored folder, then the journal. */
bool restore_journal_end(int dir, int folder, const struct journal *journal, struct error *err)
    MUST_CHECK;

/* Cleans up after a restore that was killed before it changed anything, or whose snapshot is gone
 * so that nothing can complete it; CONFLICT for any other. */
bool restore_journal_settle(int dir, int folder, struct error *err) MUST_CHECK;
