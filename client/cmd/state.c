#include "client/cmd/state.h"

#include "lib/base/xdg.h"

bool state_folder(struct arena *arena, const char **out, struct error *err)
{
    return xdg_folder(XDG_STATE, arena, out, err);
}

bool state_own_folders(struct arena *arena, const char *const **out, struct error *err)
{
    const char **folders = ARENA_ARRAY(arena, const char *, XDG_COUNT + 1);
    for (int which = 0; which < XDG_COUNT; which++)
        if (!xdg_folder((enum xdg)which, arena, &folders[which], err))
            return false;
    *out = folders;
    return true;
}
