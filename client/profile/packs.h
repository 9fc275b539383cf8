/*
 * Profiles and groups of the packs in an open store. Bytes are read once and compared with the lock
 * file, so that what is used is what was installed. Everything here leaves out->text NULL when
 * there is none.
 */
#pragma once

#include "client/store/store.h"
#include "lib/profile/profile.h"

/*
 * The profile that "ns/name" or "ns/name@version" stands for: the pack's only one, or that of its
 * name. NOT_FOUND when the pack is not installed, or is in another version.
 */
bool packs_find_reference(const struct store *store, const char *reference, struct arena *arena,
                          struct profile_text *out, struct error *err) MUST_CHECK;

/* A profile of the pack "ns/name" by install_as, else by alias. */
bool packs_find_own(const struct store *store, const char *pack, const char *name,
                    struct arena *arena, struct profile_text *out, struct error *err) MUST_CHECK;

/* A profile by name, over all packs. INVALID when two packs have one: none goes before another. */
bool packs_find_name(const struct store *store, const char *name, struct arena *arena,
                     struct profile_text *out, struct error *err) MUST_CHECK;

/*
 * The table of groups with one of that name: "ns/name/group" is that pack's, a bare name the given
 * pack's ("ns/name"), or without one (NULL) that of the only pack that has it; else INVALID.
 */
bool packs_find_group(const struct store *store, const char *pack, const char *name,
                      struct arena *arena, struct profile_text *out, struct error *err) MUST_CHECK;
