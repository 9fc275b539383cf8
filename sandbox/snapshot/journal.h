/*
 * The journal of a restore: which snapshot, and the folder in which the new contents are made ready
 * (in the restored folder itself, so that a rename puts them in place). It is on the disk before
 * that folder is made, and goes when the restore is whole; what a killed restore leaves behind is
 * found by it.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define JOURNAL_STAGING      ".nono-restore-" /* and 16 hex digits */
#define JOURNAL_STAGING_TEXT 31

struct journal {
    const char *name;    /* of the snapshot; NULL: there is no journal */
    const char *staging; /* one component; NULL: nobody knows which */
    bool applying;       /* something of the folder may have been changed */
};

/* UNTRUSTED when it is damaged: then nobody can tell of which snapshot the restore was. */
bool restore_journal_read(int dir, struct arena *arena, struct journal *out, struct error *err)
    MUST_CHECK;
/* Gives a damaged journal a second name, so that it may be replaced or removed and is kept. */
bool restore_journal_keep(int dir, struct arena *arena, const char **out_name, struct error *err)
    MUST_CHECK;
/* A damaged journal goes, under another name; any other stays. */
bool restore_journal_give_up(int dir, struct error *err) MUST_CHECK;
bool restore_journal_write(int dir, const struct journal *journal, struct error *err) MUST_CHECK;
/* Removes the staging folder. Where somebody mounted something in it, or moved a mount there, that
 * stays: a folder like any other that came since. */
bool staging_remove(int folder, const struct journal *journal, struct error *err) MUST_CHECK;
/* Removes the staging folder from the restored folder, then the journal. */
bool restore_journal_end(int dir, int folder, const struct journal *journal, struct error *err)
    MUST_CHECK;

/* Cleans up after a restore that was killed before it changed anything, or whose snapshot is gone
 * so that nothing can complete it; CONFLICT for any other, UNTRUSTED for one that may be. */
bool restore_journal_settle(int dir, int folder, struct error *err) MUST_CHECK;
