/* A restore under way, for the files of this module. */
#pragma once

#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/node.h"
#include "sandbox/snapshot/path.h"
#include "sandbox/snapshot/store.h"

struct restore {
    struct snapshot_store *store;
    int folder;
    int staging; /* the folder of contents that are ready, named by number */
    struct arena *arena;
    struct snapshot_restored *out;
    uint64_t kept; /* entries that stay for what is in them */
    struct path path;
};

/* A name that nobody else has, of what is not in its place yet. */
void staging_name(char out[JOURNAL_STAGING_TEXT]);

/* Makes one content ready as dir/name. Elsewhere than in the staging folder it is then on the disk.
 */
bool content_stage(struct restore *restore, int dir, const char *name, const struct node *node,
                   struct error *err) MUST_CHECK;

/* Whether the folders that the plan changes let us, as far as others own them; asked before
 * anything is changed. */
bool changes_allowed(struct restore *restore, const struct node *want, const struct node *have,
                     struct error *err) MUST_CHECK;

/* Makes ready every content that the plan (compare.h) asks for; changes nothing else. */
bool stage_contents(struct restore *restore, const struct node *want, struct error *err) MUST_CHECK;

/* Puts the first count of them on the disk. */
bool staging_sync(const struct restore *restore, uint32_t count, struct error *err) MUST_CHECK;

/* Puts every folder in which something was changed on the disk. */
bool folders_sync(int dir, const struct node *want, struct error *err) MUST_CHECK;

/* Puts everything in place. have is the folder as it was when the plan was made. */
bool apply_changes(struct restore *restore, const struct node *want, const struct node *have,
                   struct error *err) MUST_CHECK;

/* Owner (as root), permissions and times of an entry; of an open folder or staged file. */
bool facts_set(int dir, const struct node *node, struct error *err) MUST_CHECK;
bool facts_set_fd(int fd, const struct node *node, struct error *err) MUST_CHECK;
