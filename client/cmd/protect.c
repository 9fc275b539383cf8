#include "client/cmd/protect.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/xdg.h"
#include "sandbox/policy/paths.h"

#define SOURCE "nono's own folders"

static bool could_be_made(const struct nono_caps *caps, const char *folder)
{
    for (size_t i = 0; i < caps->grants.count; i++)
        if (caps->grants.items[i].access & NONO_WRITE &&
            path_within(folder, caps->grants.items[i].path))
            return true;
    return false;
}

static bool folder_protect(struct nono_caps *caps, enum xdg which, unsigned denied,
                           struct arena *arena, struct error *err)
{
    const char *folder;
    struct error ignored;
    if (!xdg_folder(which, arena, &folder, err))
        return false;
    /* One that we cannot make cannot be made from inside either. */
    if (could_be_made(caps, folder))
        (void)!dir_make_path(folder, 0700, &ignored);
    return caps_deny(caps, folder, denied, SOURCE, err);
}

bool protect_own_folders(struct nono_caps *caps, struct arena *arena, struct error *err)
{
    const char *config;
    return folder_protect(caps, XDG_CONFIG, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_DATA, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_CACHE, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_STATE, NONO_ALL, arena, err) &&
           xdg_folder(XDG_CONFIG, arena, &config, err) &&
           caps_deny(caps, path_join(arena, config, "credentials.json"), NONO_ALL, SOURCE, err) &&
           caps_deny(caps, path_join(arena, config, "keys"), NONO_ALL, SOURCE, err);
}

bool protect_allow_terminal(struct nono_caps *caps, struct error *err)
{
    char path[64];
    bool any = false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (ttyname_r(fd, path, sizeof(path)) != 0)
            continue;
        any = true;
        if (!caps_allow(caps, path, NONO_READ | NONO_WRITE | NONO_DEVICE, NONO_OPTIONAL | NONO_FILE,
                        "the terminal", err))
            return false;
    }
    return !any || caps_allow(caps, "/dev/tty", NONO_READ | NONO_WRITE | NONO_DEVICE,
                              NONO_OPTIONAL | NONO_FILE, "the terminal", err);
}
