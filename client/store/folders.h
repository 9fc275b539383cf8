/*
 * Where the client keeps things: the XDG folders (lib/base/xdg.h). Nothing is made here.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct folders {
    const char *home;       /* $HOME, absolute */
    const char *xdg_config; /* $XDG_CONFIG_HOME, else ~/.config */
    const char *config;     /* nono's part of it */
    const char *packages;   /* config/packages */
    const char *cache;      /* nono's part of $XDG_CACHE_HOME, else of ~/.cache */
    const char *state;      /* nono's part of $XDG_STATE_HOME, else of ~/.local/state */
};

/* From the environment; fails when $HOME is not an absolute path. Paths are in arena. */
bool folders_find(struct arena *arena, struct folders *out, struct error *err) MUST_CHECK;
