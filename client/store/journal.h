/*
 * A set of changes to names that happens as a whole, even when the process is killed in the middle
 * or the disk is full.
 *
 * Every new file or link is first made beside its place, under a name of ours; then each is
 * exchanged with what is there (renameat2(2), RENAME_EXCHANGE), so that going back needs no space
 * and gives back the very files: their times, links and attributes. A journal in the packages
 * folder, written first, says what is being done; whoever opens the store next and finds it undoes
 * what was done. Others may have written to these names meanwhile: nothing of theirs is lost. What
 * has no place any more is kept beside it as NAME.nono-saved, and a name that cannot be put back
 * for what others did is left as it is; both are said on stderr. Removing the journal is the moment
 * from which the new state holds.
 */
#pragma once

#include <sys/stat.h>

#include "lib/base/error.h"
#include "lib/base/record.h"

enum change_kind {
    CHANGE_MAKE_DIR, /* there must be nothing */
    CHANGE_DROP_DIR, /* when it is empty; left alone when it is not */
    CHANGE_PUT_FILE, /* replaces a file or a link, or nothing */
    CHANGE_PUT_LINK,
    CHANGE_PUT_TREE, /* a folder made before at `staged`, replaces a folder or nothing */
    CHANGE_DROP,     /* a file, a link or a folder with all in it */
};

struct change {
    enum change_kind kind;
    const char *root;  /* absolute and there; links on the way to it are followed */
    const char *path;  /* beneath it; links on this way are refused */
    const void *bytes; /* PUT_FILE */
    size_t len;
    mode_t mode;        /* PUT_FILE, MAKE_DIR */
    const char *target; /* PUT_LINK */
    const char *staged; /* PUT_TREE: beneath root, on the same file system */
    bool replaces;      /* something is there, and is replaced; else there must be nothing */
    struct stat seen;   /* with replaces: what it was when the change was planned; another is a
                           CONFLICT. All zero: not checked */
};

/*
 * Makes all changes, in their order, or none: on failure everything is as it was before. packages
 * is the packages folder, whose lock the caller holds for writing. Of the given changes, folders
 * stand before what is put in them, and are dropped after.
 */
bool journal_apply(int packages, const struct change *changes, size_t count, struct error *err)
    MUST_CHECK;

/* Whether an interrupted set of changes waits to be undone or tidied. */
bool journal_is_left(int packages);

/* Undoes, or tidies, what an interrupted process left. Nothing to do is success. */
bool journal_recover(int packages, struct error *err) MUST_CHECK;
