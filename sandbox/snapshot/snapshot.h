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
 * No name is followed out of the folder, nor is its own path through a link: every step is opened
 * beneath its descriptor, without links or mount crossings, so that a program which swaps a folder
 * for a link gains nothing.
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
/* For those who look: nothing is made, and a store that is not there has no snapshots. Only what
 * list or find has found may be asked of it. */
bool snapshot_store_find(const char *state, struct snapshot_store **out, struct error *err)
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

/* A snapshot whose record cannot be read. */
struct snapshot_unreadable {
    const char *name;
    const char *folder; /* or NULL, when not even that is known */
    struct error fault;
};

/* The snapshots of a folder, or of all when it is NULL: struct snapshot, oldest first, in arena.
 * Those that cannot be read are in out_unreadable; when that is NULL, the first of them fails. */
bool snapshot_list(struct snapshot_store *store, const char *folder, struct arena *arena,
                   struct list *out, struct list *out_unreadable, struct error *err) MUST_CHECK;

/* Those that snapshot_find finds: of the folder, and of the folders around it. */
bool snapshot_list_around(struct snapshot_store *store, const char *folder, struct arena *arena,
                          struct list *out, struct list *out_unreadable, struct error *err)
    MUST_CHECK;

/*
 * The snapshot of that name of the folder, or of the nearest folder around it that has one; the
 * newest when name is NULL. NOT_FOUND with the nearest name as advice; without a name, any record
 * of the folder that cannot be read fails, for it may be the newest.
 */
bool snapshot_find(struct snapshot_store *store, const char *folder, const char *name,
                   struct arena *arena, struct snapshot *out, struct error *err) MUST_CHECK;

enum snapshot_change_kind {
    SNAPSHOT_ADDED,
    SNAPSHOT_REMOVED,
    SNAPSHOT_CONTENT, /* of a file, or a link's target */
    SNAPSHOT_KIND,    /* a file became a folder, a link, ... */
    SNAPSHOT_FACTS,   /* permission bits, time or owner alone */
};

struct snapshot_change {
    enum snapshot_change_kind kind;
    const char *path; /* relative; bytes as they are on the disk */
    char was, is;     /* 'f' file, 'd' folder, 'l' link, ...; 0 when there was or is none */
    uint16_t mode_was, mode_is;
    uint64_t size_was, size_is;
};

/* False stops. The change lives until it returns. */
typedef bool snapshot_visit(const struct snapshot_change *change, void *context, struct error *err);

struct snapshot_visitor {
    snapshot_visit *visit;
    void *context;
};

/* From a snapshot to another of the same folder, or, when after is NULL, to the folder as it is:
 * in the order of the tree, a folder before what it holds. */
bool snapshot_diff(struct snapshot_store *store, const struct snapshot *before,
                   const struct snapshot *after, const char *const *never,
                   const struct snapshot_visitor *visitor, struct error *err) MUST_CHECK;

struct snapshot_restoring {
    const char *const *never; /* as in snapshot_options */
    /* is told of every change before any is made, from the folder to the snapshot; or NULL */
    const struct snapshot_visitor *visitor;
    bool dry_run; /* nothing is made */
};

struct snapshot_restored {
    uint64_t written, removed, touched; /* contents; entries; facts alone */
    struct list notes;                  /* const char *: what was left as it is, and why */
};

/*
 * Makes the folder what it was: contents are made ready first, beside the folder's own, so that a
 * full disk or a damaged store changes nothing; then each takes its place by a rename; then what
 * came since is removed, times and permissions are set, and the whole is read again and compared
 * with the snapshot's root. Patterns that the snapshot left out are left alone. Killed at any
 * point, each file is the old or the new one, and restoring again completes.
 *
 * CONFLICT when the folder changes meanwhile.
 */
bool snapshot_restore(struct snapshot_store *store, const struct snapshot *snapshot,
                      const struct snapshot_restoring *restoring, struct arena *arena,
                      struct snapshot_restored *out, struct error *err) MUST_CHECK;

struct snapshot_verified {
    uint64_t objects, bytes; /* read and found right */
    struct list faults;      /* const char *: "path: what is wrong", at most 100, in arena */
    uint64_t fault_count;
};

/* Reads everything of a snapshot in the store again, and compares it with its root. */
bool snapshot_verify(struct snapshot_store *store, const struct snapshot *snapshot,
                     struct arena *arena, struct snapshot_verified *out, struct error *err)
    MUST_CHECK;

struct snapshot_damage {
    const char *pack, *what;
};

/* The packs of the store that are damaged so that nothing can be found in them, whether a snapshot
 * needs it or not: struct snapshot_damage. */
bool snapshot_verify_packs(struct snapshot_store *store, struct arena *arena, struct list *out,
                           struct error *err) MUST_CHECK;

/*
 * Forgets a snapshot of a folder, whose path is absolute and without links, be its record damaged
 * or not; its contents stay until snapshot_prune. CONFLICT when a restore of it was interrupted,
 * unless forced: nothing else says what the folder was to become, and without it the folder is
 * taken as it is.
 */
bool snapshot_delete(struct snapshot_store *store, const char *folder, const char *name, bool force,
                     struct error *err) MUST_CHECK;

struct snapshot_pruned {
    uint64_t objects, bytes; /* removed; bytes of the disk */
    uint64_t packs_before, packs_after;
    struct list notes; /* const char *: what is damaged, and what that means here; at most 100 */
};

/*
 * Removes the contents that no snapshot needs, and joins small packs. Waits for others to finish,
 * and they for it. Where damage hides what a snapshot needs, whatever it may need stays: all, when
 * its record or tree cannot be read; damaged packs, when something is missing that may be in them.
 */
bool snapshot_prune(struct snapshot_store *store, struct arena *arena, struct snapshot_pruned *out,
                    struct error *err) MUST_CHECK;
