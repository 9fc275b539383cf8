/* The journal as it is on disk (for journal.c alone). */
#pragma once

#include "client/store/journal.h"
#include "lib/base/arena.h"

#define JOURNAL_NAME "journal.json"      /* there: to be undone */
#define JOURNAL_DONE "journal-done.json" /* there: holds, to be tidied */

struct journal_entry {
    int kind; /* enum change_kind */
    const char *root;
    const char *path;
    const char *temporary; /* beneath root; NULL for folders */
    bool replaces;
    uint64_t inode; /* of what is to be put in place, once it is made; 0 before */
};

struct journal {
    uint64_t version;
    struct list entries;
};

bool journal_write(int packages, const struct journal *journal, struct error *err) MUST_CHECK;
/* *out is NULL when there is no file of that name. */
bool journal_read(int packages, const char *name, struct arena *arena, struct journal **out,
                  struct error *err) MUST_CHECK;

/* What both directions share: the steps on one entry (journal_steps.c). */
bool journal_undo(const struct journal_entry *entry, struct error *err) MUST_CHECK;
bool journal_tidy(const struct journal_entry *entry, struct error *err) MUST_CHECK;
bool journal_switch(const struct journal_entry *entry, struct error *err) MUST_CHECK;
/* The folder that a path beneath root is in; *out_name is its last segment. */
bool journal_parent(const char *root, const char *path, int *out_fd, const char **out_name,
                    struct error *err) MUST_CHECK;
