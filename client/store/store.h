/*
 * The store: the packs of this user, under one lock. Light enough for the launcher: it reads,
 * checks and, after a crash, puts things back; installing is client/install.
 *
 * An open store holds the lock (shared for reading): close it before anything that may take long.
 * Opening first undoes what an interrupted install left behind, so that whoever has a store open
 * sees a whole state.
 */
#pragma once

#include "client/store/folders.h"
#include "client/store/lockfile.h"

#define STORE_TRUST_BUNDLE ".nono-trust.bundle"
#define STORE_MANIFEST     "package.json"

enum store_access { STORE_READ, STORE_WRITE };

struct store {
    struct folders folders;
    struct lockfile lockfile;
    struct arena *arena; /* what the above lives in */
    int dir;             /* of the packages folder; -1 when there is none (only with STORE_READ) */
    int lock;
};

/* STORE_WRITE makes the folder when there is none, and waits for whoever has the store open. */
bool store_open(enum store_access access, struct store **out, struct error *err) MUST_CHECK;
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close)

/* NULL when it is not installed. */
const struct lock_pack *store_find(const struct store *store, const char *namespace,
                                   const char *name);
/* The absolute folder of a pack, installed or not. */
const char *store_pack_path(const struct store *store, const char *namespace, const char *name,
                            struct arena *arena);
/* " --registry URL", for advice: a command that shall ask where the pack came from. "" when that is
 * not known. Lives as long as the store. */
const char *store_registry_option(const struct store *store, const struct lock_pack *pack);
/* Advises to install the same version again, from where it came: a pin stays true. False. */
bool store_again_hint(const struct store *store, const struct lock_pack *pack, struct error *err);
/* A descriptor of an installed pack's folder. */
bool store_pack_open(const struct store *store, const struct lock_pack *pack, int *out_fd,
                     struct error *err) MUST_CHECK;
