#include "client/store/folders.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/text.h"

/* No trailing slashes, so that paths can be compared and joined as text. */
static const char *trimmed(struct arena *arena, const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return arena_strndup(arena, path, len);
}

static const char *folder_of(struct arena *arena, const char *variable, const char *home,
                             const char *otherwise)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the client has one thread, and no one sets variables
     */
    const char *value = getenv(variable);
    if (value && value[0] == '/')
        return trimmed(arena, value);
    return path_join(arena, home, otherwise);
}

/* The original takes $XDG_CONFIG_HOME only when it is there, by its real path. */
static const char *config_of(struct arena *arena, const char *home)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): as above */
    const char *value = getenv("XDG_CONFIG_HOME");
    char real[PATH_MAX];
    if (value && value[0] == '/' && realpath(value, real))
        return arena_strndup(arena, real, strlen(real));
    return path_join(arena, home, ".config");
}

bool folders_find(struct arena *arena, struct folders *out, struct error *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): as above */
    const char *home = getenv("HOME");
    if (!home || home[0] != '/')
        return error_set(err, INVALID, "HOME is not an absolute path");

    struct folders folders = { .home = trimmed(arena, home) };
    folders.xdg_config = config_of(arena, folders.home);
    folders.config = path_join(arena, folders.xdg_config, "nono");
    folders.packages = path_join(arena, folders.config, "packages");
    folders.cache =
        path_join(arena, folder_of(arena, "XDG_CACHE_HOME", folders.home, ".cache"), "nono");
    folders.state =
        path_join(arena, folder_of(arena, "XDG_STATE_HOME", folders.home, ".local/state"), "nono");
    *out = folders;
    return true;
}
