/*
 * Wiring: what a pack does outside its folder, and how it is undone. Works on a plan: nothing is
 * written here. Records have the original's shapes (reference in docs/formats/lockfile.md), with
 * our keys beside them, so that either client can undo what the other did.
 */
#pragma once

#include "client/install/plan.h"
#include "client/install/wired.h"
#include "client/store/lockfile.h"
#include "lib/pack/manifest.h"
#include "lib/profile/platform.h"

/* Of all directives of a pack together: what they take in memory and time follows from that. */
#define WIRING_EDITED_MAX (64 * (size_t)1024 * 1024)
#define WIRING_MERGED_MAX 20000

/* For people and --json: what one directive does. */
struct wiring_line {
    const char *act;    /* "write", "link", "merge", "block"; of another version: wiring_undone */
    const char *path;   /* the file outside the pack */
    const char *detail; /* keys, target, "executable" */
    const char *real;   /* where the path leads by the user's own links, when that is elsewhere */
};
extern const struct record wiring_line_record;

/* A file of the pack that a directive reads. */
struct wiring_source {
    const char *path;
    const char *bytes;
    size_t len;
    bool executable;
};

/* What a pack that stays has wired. Undoing another hands over to it what that one found before. */
struct wiring_other {
    const char *key;
    struct doc *records;
    bool later;   /* it was installed after the pack that is undone */
    bool changed; /* the records were */
};

struct wiring {
    struct plan *plan;
    struct wired *wired;
    const struct variables *variables;
    const struct profile_platform *platform;
    const struct wiring_source *sources;
    size_t source_count;
    struct list others; /* of struct wiring_other, the first to be installed first */
    bool replaces;      /* another version follows what is undone */
    struct arena *arena;
    struct edit *undone;   /* files that records are being taken out of */
    size_t edited, merged; /* bytes of the files and patches, and values of the patches, so far */
    struct doc *records;   /* a list: for the lock file */
    struct list lines;     /* of struct wiring_line */
    struct list notes;     /* of const char *: what was left as it is */
};

void wiring_init(struct wiring *wiring, size_t directives);

/* Carries out one directive, unless its `when` does not hold. */
bool wiring_apply(struct wiring *wiring, const struct directive *directive, struct error *err)
    MUST_CHECK;

/*
 * Undoes what records (a lock file's wiring_record, NULL: none) say, last first. What somebody
 * changed since is left, with a note; what another pack has put there too, or in its place, is left
 * to that. A file that nothing edits any more is as it was before the first edit from then on:
 * earlier records find it as they left it. With force, what cannot be undone is noted too.
 */
bool wiring_undo(struct wiring *wiring, const struct doc *records, bool force, struct error *err)
    MUST_CHECK;

/* Adds lines for what an earlier version did and this one does not do: it goes. When all is done.
 */
void wiring_undone(struct wiring *wiring);

/* Whether some record edits a file (and does not make it). */
bool wiring_edits(const struct doc *records, const char *path);
