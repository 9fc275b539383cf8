#include "lib/base/xdg.h"

#include "lib/base/env.h"
#include "lib/base/files.h"

static const struct {
    const char *variable;
    const char *otherwise; /* below $HOME */
} folders[XDG_COUNT] = {
    [XDG_CONFIG] = { "XDG_CONFIG_HOME", ".config" },
    [XDG_DATA] = { "XDG_DATA_HOME", ".local/share" },
    [XDG_STATE] = { "XDG_STATE_HOME", ".local/state" },
    [XDG_CACHE] = { "XDG_CACHE_HOME", ".cache" },
};

bool xdg_homeless(const char *home, struct error *err)
{
    error_set(err, INVALID, home ? "HOME is not an absolute path" : "HOME is not set");
    return error_hint(err, "set it to your home folder: export HOME=/home/you");
}

bool xdg_folder(enum xdg which, struct arena *arena, const char **out, struct error *err)
{
    const char *base = env_get(folders[which].variable);
    if (!base || base[0] != '/') {
        const char *home = env_get("HOME");
        if (!home || home[0] != '/')
            return xdg_homeless(home, err);
        base = path_join(arena, home, folders[which].otherwise);
    }
    *out = path_join(arena, base, "nono");
    return true;
}
