/*
 * Where wiring may write: the folders of agents under the user's home, and nothing else. Variables
 * of directives, and the paths that they make, are resolved here.
 */
#pragma once

#include "client/store/folders.h"
#include "lib/base/arena.h"
#include "lib/base/error.h"

struct variables {
    const struct folders *folders;
    const char *namespace, *name; /* $NS, $PLUGIN */
    const char *pack_dir;         /* $PACK_DIR */
    const char *now;              /* $NOW */
};

/*
 * Replaces $NAME (first character an upper-case letter or '_') in text; "$x" and "$$" stay as they
 * are. INVALID on a name that there is not.
 */
bool variables_expand(const struct variables *variables, const char *text, struct arena *arena,
                      const char **out, struct error *err) MUST_CHECK;

/* A path as a folder that is there, and the way from it to the name. */
struct place {
    const char *root;     /* absolute; links on the way to it are the user's own, and followed */
    const char *relative; /* links on this way are refused by whoever opens it */
};

/*
 * The place of an absolute path that wiring may write to. DENIED, by name, when no agent's folder
 * has it; INVALID when it is not a plain absolute path. What may be written is in the table of
 * lib/pack/agents.c, and in `wiring_folders` of the user's config.toml (extra: absolute,
 * NULL-terminated, or NULL).
 */
bool place_find(const struct folders *folders, const char *const *extra, const char *path,
                struct arena *arena, struct place *out, struct error *err) MUST_CHECK;

/* The place of a folder on the way to one of those, which may have to be made. */
bool place_of_folder(const char *path, struct arena *arena, struct place *out, struct error *err)
    MUST_CHECK;

/* What a place's path leads to, when links of the user's own are on the way from the home to its
 * root; else NULL. */
const char *place_real(const struct folders *folders, const struct place *place,
                       struct arena *arena);
