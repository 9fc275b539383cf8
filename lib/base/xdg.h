/* Where a user's files belong: the XDG base directories, and nono's folder in each. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

enum xdg {
    XDG_CONFIG, /* $XDG_CONFIG_HOME/nono or ~/.config/nono */
    XDG_DATA,   /* $XDG_DATA_HOME/nono or ~/.local/share/nono */
    XDG_STATE,  /* $XDG_STATE_HOME/nono or ~/.local/state/nono */
    XDG_CACHE,  /* $XDG_CACHE_HOME/nono or ~/.cache/nono */
    XDG_COUNT,
};

/*
 * The absolute path, in arena; nothing is made. A variable that is empty or not an absolute path
 * counts as unset, as the specification wants. Fails when $HOME is needed and is not absolute.
 */
bool xdg_folder(enum xdg which, struct arena *arena, const char **out, struct error *err)
    MUST_CHECK;

/* The failure of a HOME that is NULL or no absolute path. */
bool xdg_homeless(const char *home, struct error *err);
