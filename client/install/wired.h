/*
 * packages/wired.json: what the files that wiring edits were before any pack touched them, and the
 * folders that were made, so that what is taken away last leaves everything byte for byte as it
 * was. Ours alone; the original does not know it, and without it wiring is undone by its records.
 */
#pragma once

#include "client/install/plan.h"

#define WIRED_NAME "wired.json"

struct wired_file {
    const char *path;
    bool was_there;
    const char *original; /* bytes, when it was */
    size_t original_len;
    uint64_t mode;
    const char *ours; /* SHA-256 of what we wrote last; somebody else wrote when it is another */
    bool changed;     /* somebody did: the original cannot simply come back */
};

struct wired {
    struct wired_file *files;
    size_t count;
    const char **folders; /* absolute */
    size_t folder_count;
};

/* No file: nothing is wired. */
bool wired_load(int packages, struct arena *arena, struct wired *out, struct error *err) MUST_CHECK;
const char *wired_print(const struct wired *wired, struct arena *arena);
/* Whether wired_load would read that text again. */
bool wired_check(const char *text, struct arena *arena, struct error *err) MUST_CHECK;
bool wired_is_empty(const struct wired *wired);

/* Drops what is known of a file: whoever removed the last pack that edited it had not heard of us.
 */
void wired_forget(struct wired *wired, size_t index);

/* Before an edit of a file, or its undoing: remembers it, or notices that somebody else wrote to
 * it. edited: a pack has edited it already; when nothing is known of it then, what it was is lost.
 */
bool wired_note(struct wired *wired, struct plan *plan, const char *path, bool edited,
                struct arena *arena, struct error *err) MUST_CHECK;

/* Whether somebody else may have written to a file since we did. After wired_note. */
bool wired_is_changed(const struct wired *wired, const char *path);

/* No pack edits the file any more: forgets it, and puts the original back unless it was changed. */
bool wired_release(struct wired *wired, struct plan *plan, const char *path, struct error *err)
    MUST_CHECK;

/* After all edits: remembers what is written, and the folders that are made. */
bool wired_settle(struct wired *wired, struct plan *plan, struct arena *arena, struct error *err)
    MUST_CHECK;
