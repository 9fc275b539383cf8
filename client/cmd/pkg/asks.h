/* What a pack asks for, worked out from its profiles: the same words as on the registry's pages. */
#pragma once

#include "client/cmd/pkg/fetch.h"
#include "client/cmd/pkg/words.h"
#include "lib/profile/permissions.h"

/*
 * The summary of all profiles of a fetched pack, and of the groups that it has for others. *out is
 * NULL when it has neither. INVALID when one cannot be resolved: it could not be run either. Names
 * mean what they will mean when the pack is installed (client/profile/packs.h).
 */
bool asks_of_fetched(const struct store *store, const struct fetched *fetched, struct arena *arena,
                     struct permissions **out, struct error *err) MUST_CHECK;

/* The same of an installed pack, from files that are checked against the lock file. */
bool asks_of_installed(const struct store *store, const struct lock_pack *pack, struct arena *arena,
                       struct permissions **out, struct error *err) MUST_CHECK;

/* Plain words (struct permission_line) as they are shown: struct words_line. */
void asks_fold(const struct list *words, struct arena *arena, struct list *out);

/* Leaves out what is for other systems than this one. */
void asks_for_here(struct permissions *permissions, struct arena *arena);
