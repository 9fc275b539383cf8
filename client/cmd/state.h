/* nono's own folders, for the commands that work with its state. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

/* The state folder, in arena. */
bool state_folder(struct arena *arena, const char **out, struct error *err) MUST_CHECK;

/* All of nono's folders, NULL-terminated, in arena: never in a snapshot, never touched by one. */
bool state_own_folders(struct arena *arena, const char *const **out, struct error *err) MUST_CHECK;
