/*
 * A plan: what names on disk shall be, worked out before anything is touched. Directives read and
 * write through it, so that one that fails leaves nothing behind, what an update takes away and
 * puts back is no change, and the whole can be shown before it is done.
 */
#pragma once

#include "client/install/places.h"
#include "client/store/journal.h"
#include "lib/base/record.h"

enum node_kind { NODE_ABSENT, NODE_FILE, NODE_LINK, NODE_FOLDER, NODE_OTHER };

struct node {
    enum node_kind kind;
    const char *bytes; /* of a file */
    size_t len;
    mode_t mode;
    const char *target; /* of a link */
};

struct plan;

struct plan *plan_new(const struct folders *folders, const char *const *extra_folders,
                      struct arena *arena);

/* What is, or by now shall be, at an allowed path. Files are read whole: LIMIT_CONFIG_BYTES and the
 * limit of a pack's file bound them. CONFLICT when the way to it leads through a link. */
bool plan_get(struct plan *plan, const char *path, struct node *out, struct error *err) MUST_CHECK;

/* What shall be there. Missing folders on the way are made; those are remembered. */
bool plan_put(struct plan *plan, const char *path, const struct node *node, struct error *err)
    MUST_CHECK;

/* What was there before the plan. plan_get must have been called for the path. */
const struct node *plan_before(const struct plan *plan, const char *path);
/* Of the file that stands there on disk: who may read it is for its user to say. 0644 when there is
 * none. */
mode_t plan_file_mode(const struct plan *plan, const char *path);

/* place_real of a path that plan_get was called for. */
const char *plan_real_path(const struct plan *plan, const char *path);

/* A folder that was made by an earlier install: it goes when it is empty in the end. */
void plan_drop_folder(struct plan *plan, const char *path);

/* Folders that the plan makes, absolute: const char * each. */
struct list plan_made_folders(const struct plan *plan);

/* The paths that change, sorted, with what is and shall be. */
struct plan_change {
    const char *path;
    const struct node *before, *after;
};
struct list plan_changes(const struct plan *plan);

/*
 * For journal_apply: folders to make, then files and links, then what is dropped, and folders to
 * drop last, with room for `more` at the end of files. *out_count is what is filled.
 */
bool plan_emit(const struct plan *plan, size_t more, struct change **out, size_t *out_count,
               struct error *err) MUST_CHECK;
