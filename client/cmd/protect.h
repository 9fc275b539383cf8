/* What every sandbox gets from the client, whatever its profile. */
#pragma once

#include "lib/base/arena.h"
#include "lib/profile/profile.h"
#include "sandbox/policy/caps.h"

/*
 * nono's own folders cannot be changed from inside through any grant: profiles, packs, state and
 * cache are read at most, and what is secret in them (tokens, signing keys, records, snapshots) is
 * not there. Those that do not exist and could be made from inside are made when a run starts.
 */
bool protect_own_folders(struct nono_caps *caps, struct arena *arena, struct error *err) MUST_CHECK;

/*
 * At the start of a program: tokens, signing keys and records that are not there cannot be covered,
 * and could be read when the user logs in meanwhile, makes a key or runs something. So the file and
 * the folders for them are made, where a grant reaches them.
 */
void protect_secrets_make(const struct nono_caps *caps, struct arena *arena);

/*
 * What decides about this run or the next, or runs outside of it: the profile's documents that lie
 * elsewhere, its session hooks, and nono's programs. They cannot be changed through any grant.
 */
bool protect_policy_files(struct nono_caps *caps, const struct profile *profile, struct error *err)
    MUST_CHECK;

/*
 * What decides about other runs, and lies where this one may write: the user's other profiles that
 * lead out of nono's folder by a link, the files that `profile use` keeps, and with both the files
 * that they extend and their session hooks. Also where one is not there.
 */
bool protect_later_policy(struct nono_caps *caps, const struct profile_env *env,
                          struct arena *arena, struct error *err) MUST_CHECK;

/* For who adds to what is protected: a file that is there cannot be changed through any grant. */
bool protect_file(struct nono_caps *caps, const char *path, const char *source, struct error *err)
    MUST_CHECK;
/* Whether anything but a device may be written: else nothing has to be protected. */
bool protect_is_needed(const struct nono_caps *caps);

/* The terminal behind descriptors 0 to 2, as a device of its own; no other terminal. */
bool protect_allow_terminal(struct nono_caps *caps, struct error *err) MUST_CHECK;
