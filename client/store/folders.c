#include "client/store/folders.h"

#include <string.h>

#include "lib/base/env.h"
#include "lib/base/files.h"
#include "lib/base/xdg.h"

/* No trailing slashes, so that paths can be compared and joined as text. */
static const char *trimmed(struct arena *arena, const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return arena_strndup(arena, path, len);
}

static bool folder_find(enum xdg which, struct arena *arena, const char **out, struct error *err)
{
    const char *path;
    if (!xdg_folder(which, arena, &path, err))
        return false;
    *out = trimmed(arena, path);
    return true;
}

bool folders_find(struct arena *arena, struct folders *out, struct error *err)
{
    const char *home = env_get("HOME");
    if (!home || home[0] != '/')
        return xdg_homeless(home, err);

    struct folders folders = { .home = trimmed(arena, home) };
    if (!folder_find(XDG_CONFIG, arena, &folders.config, err) ||
        !folder_find(XDG_CACHE, arena, &folders.cache, err) ||
        !folder_find(XDG_STATE, arena, &folders.state, err))
        return false;
    size_t parent = (size_t)(strrchr(folders.config, '/') - folders.config);
    folders.xdg_config = trimmed(arena, arena_strndup(arena, folders.config, parent));
    folders.packages = path_join(arena, folders.config, "packages");
    *out = folders;
    return true;
}
