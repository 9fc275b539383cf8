/*
 * Snapshots of a folder: everything below it, by content, to go back to (docs/formats/snapshot.md).
 *
 * A store, STATE/snapshots, holds the contents of every snapshot once, by SHA-256, and for each
 * snapshot a record whose Merkle root covers names, kinds, permission bits and contents. Files that
 * did not change since the last look are known by their inode data and not read again.
 *
 * Held: files, folders (empty ones too), symbolic links as links, permission bits without setuid
 * and setgid, modification times to the nanosecond, and the owner where the caller may set it.
 * Not held: devices, fifos and sockets (noted by name), what other file systems are mounted inside,
 * extended attributes, holes, and that two names are one file.
 *
 * No name is followed out of the folder: every step is openat2(2) beneath its descriptor, without
 * links or mount crossings, so that a program which swaps a folder for a link gains nothing.
 * A killed process leaves the store as before or with the whole snapshot, and every restored file
 * old or new; restoring again completes. One store may be used by any number of processes.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

#define SNAPSHOT_NAME_MAX 64 /* letters, digits, '.', '_', '-'; not first '.' or '-' */

struct snapshot_store;

/* Opens, or makes, the store in nono's state folder (lib/base/xdg.h). UNSUPPORTED when it was
 * written by a newer version. */
bool snapshot_store_open(const char *state, struct snapshot_store **out, struct error *err)
    MUST_CHECK;
void snapshot_store_free(struct snapshot_store *store);
DEFINE_CLEANUP(struct snapshot_store *, snapshot_store_free)

struct snapshot {
    const char *name;
    const char *tag;    /* or NULL */
    const char *folder; /* absolute, without links */
    int64_t created;    /* microseconds since the epoch */
    const char *root;   /* the Merkle root, hex */
    const char *tree;   /* where the store holds it, hex */
    uint64_t files, folders, links, bytes;
    uint64_t left_out;   /* special files and mounted folders, held by name only */
    struct list exclude; /* const char *: patterns that were left out, and are left alone */
};

struct snapshot_options {
    const char *folder;         /* any path of it */
    const char *name;           /* unique for the folder */
    const char *tag;            /* or NULL */
    const char *const *exclude; /* NULL-terminated patterns (lib/base/text.h: text_glob), or NULL */
    const char *const *never;   /* NULL-terminated absolute paths that are never part of a snapshot
                                   and never touched by a restore: nono's own folders; or NULL */
    bool keep;                  /* when the name is taken, that snapshot is the result */
};

struct snapshot_result {
    struct snapshot snapshot;
    bool made;            /* false: kept */
    uint64_t files_read;  /* the others were known unchanged */
    uint64_t bytes_added; /* to the store */
    struct list notes;    /* const char *: what was left out, and why; at most 100 */
};

/*
 * Takes a snapshot; durable when it returns. CONFLICT when the name is taken (and not .keep), or
 * when a restore of the folder was interrupted and not completed. A file that cannot be read fails:
 * what is missing from a snapshot is missing by a pattern, never by accident.
 */
bool snapshot_create(struct snapshot_store *store, const struct snapshot_options *options,
                     struct arena *arena, struct snapshot_result *out, struct error *err)
    MUST_CHECK;
