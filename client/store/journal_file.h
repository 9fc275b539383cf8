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
    uint64_t inode;    /* of what is to be put in place, once it is made; 0 before */
    uint64_t size;     /* of a file or link: tells whether somebody has written to it since */
    uint64_t mtime_ns; /* the same; 0: not known (a folder, a journal of an earlier nono) */
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

/* Remembers what was made, to know it again. */
void journal_stamp(struct journal_entry *entry, const struct stat *st);
/* Fails with what may pass; what others have put in the way is left, and said. */
bool journal_undo(const struct journal_entry *entry, struct error *err) MUST_CHECK;
bool journal_tidy(const struct journal_entry *entry, struct error *err) MUST_CHECK;
bool journal_switch(const struct journal_entry *entry, struct error *err) MUST_CHECK;
/* A line on stderr about root/path: recovery is no failure, and has nobody else to tell. */
void journal_say(const char *root, const char *path, const char *what, const char *detail);
/* The folder that a path beneath root is in; *out_name is its last segment. */
bool journal_parent(const char *root, const char *path, int *out_fd, const char **out_name,
                    struct error *err) MUST_CHECK;
