/* What every sandbox gets from the client, whatever its profile. */
#pragma once

#include "lib/base/arena.h"
#include "sandbox/policy/caps.h"

/*
 * nono's own folders cannot be changed from inside through any grant: profiles, packs, state and
 * cache are read at most, and what is secret in them (keys, tokens, records, snapshots) is not
 * there. Folders that do not exist and could be made from inside are made first.
 */
bool protect_own_folders(struct nono_caps *caps, struct arena *arena, struct error *err) MUST_CHECK;

/* The terminal behind descriptors 0 to 2, as a device of its own; no other terminal. */
bool protect_allow_terminal(struct nono_caps *caps, struct error *err) MUST_CHECK;
