/*
 * Installing and removing packs: files, wiring and lock file change together or not at all.
 *
 * A plan is made from a store that is open for reading, shown to the user, and made again from the
 * store open for writing before it is carried out: install_same tells whether it is what was shown.
 */
#pragma once

#include "client/install/wiring.h"
#include "client/store/store.h"
#include "lib/pack/archive.h"
#include "lib/pack/ref.h"

/* A pack whose bytes have been verified. */
struct install_pack {
    const char *namespace, *name;
    const struct pack_index *index;
    const struct archive_source *source;
    const char *bundle; /* JSON */
    size_t bundle_len;
    const char *registry;
    const char *archive_digest; /* "sha256:..." as published; NULL: this archive is ours */
    const char *signer;         /* "key:<id>": pinned in the same step */
    const struct lock_provenance *provenance;
};

struct install_options {
    bool force;                       /* go on where the old wiring cannot be undone */
    const char *const *extra_folders; /* for wiring: see place_find */
};

struct install {
    const struct install_pack *pack; /* NULL: it is removed */
    const char *namespace, *name, *key, *pack_dir;
    const struct lock_pack *old; /* NULL: it is not installed */
    struct plan *plan;
    struct wired wired;
    struct wiring wiring; /* lines and notes are for people */
    struct arena *arena;
};

/* Fails, having touched nothing, on whatever would keep the wiring from being done. */
bool install_plan(const struct store *store, const struct install_pack *pack,
                  const struct install_options *options, struct arena *arena, struct install *out,
                  struct error *err) MUST_CHECK;
bool install_plan_removal(const struct store *store, const char *namespace, const char *name,
                          const struct install_options *options, struct arena *arena,
                          struct install *out, struct error *err) MUST_CHECK;

/* Whether two plans do the same outside the packs' folders. */
bool install_same(const struct install *a, const struct install *b);

/* Carries a plan out. store is open for writing since the plan was made. */
bool install_commit(const struct store *store, const struct install *install, struct error *err)
    MUST_CHECK;

/* Changes the lock file alone: change->changed with another `pinned`, for one. */
bool install_lock_change(const struct store *store, const struct lock_change *change,
                         struct error *err) MUST_CHECK;

/* Whether a reference may mean what is installed: INVALID for a range, NOT_FOUND for another
 * version than the installed one. A pack that is not installed passes. */
bool install_ref_check(const struct store *store, const struct pack_ref *ref, struct error *err)
    MUST_CHECK;
