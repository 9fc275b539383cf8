#include "client/cmd/protect.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/ui/command.h"
#include "lib/base/files.h"
#include "lib/base/xdg.h"
#include "sandbox/policy/paths.h"

#define SOURCE "nono's own folders"

#define CREDENTIALS "credentials.json"
#define KEYS        "keys"

static bool folder_protect(struct nono_caps *caps, enum xdg which, unsigned denied,
                           struct arena *arena, struct error *err)
{
    const char *folder;
    return xdg_folder(which, arena, &folder, err) &&
           caps_deny_folder(caps, folder, denied, SOURCE, err);
}

bool protect_own_folders(struct nono_caps *caps, struct arena *arena, struct error *err)
{
    const char *config;
    return folder_protect(caps, XDG_CONFIG, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_DATA, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_CACHE, NONO_WRITE, arena, err) &&
           folder_protect(caps, XDG_STATE, NONO_ALL, arena, err) &&
           xdg_folder(XDG_CONFIG, arena, &config, err) &&
           caps_deny(caps, path_join(arena, config, CREDENTIALS), NONO_ALL, SOURCE, err) &&
           caps_deny(caps, path_join(arena, config, KEYS), NONO_ALL, SOURCE, err);
}

static bool is_reached(const struct nono_caps *caps, const char *path)
{
    for (size_t i = 0; i < caps->grants.count; i++) {
        const struct caps_path *grant = &caps->grants.items[i];
        if (grant->access & NONO_READ &&
            (path_within(path, grant->path) || path_within(grant->path, path)))
            return true;
    }
    return false;
}

/* Of nono's own, where a grant reaches it; -1 where none does. Where we cannot make it, few others
 * could. */
static int folder_make(const struct nono_caps *caps, enum xdg which, struct arena *arena)
{
    const char *folder;
    struct error ignored;
    int dir = -1;
    if (xdg_folder(which, arena, &folder, &ignored) && is_reached(caps, folder) &&
        dir_make_path(folder, 0700, &ignored) && dir_open(folder, &dir, &ignored))
        return dir;
    return -1;
}

void protect_secrets_make(const struct nono_caps *caps, struct arena *arena)
{
    static const char empty[] = "{}\n";
    int state = folder_make(caps, XDG_STATE, arena); /* of records and snapshots */
    closep(&state);
    CLEANUP(closep) int config = folder_make(caps, XDG_CONFIG, arena);
    struct error ignored;
    if (config < 0)
        return;
    (void)mkdirat(config, KEYS, 0700);
    CLEANUP(closep)
    int fd =
        openat(config, CREDENTIALS, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && !file_write_all(fd, empty, strlen(empty), &ignored))
        (void)unlinkat(config, CREDENTIALS, 0);
}

/* A name that leads nowhere would have to be held by a placeholder: these are there, or are not. */
bool protect_file(struct nono_caps *caps, const char *path, const char *source, struct error *err)
{
    struct stat st;
    return lstat(path, &st) < 0 || caps_deny(caps, path, NONO_WRITE, source, err);
}

static bool programs_protect(struct nono_caps *caps, struct error *err)
{
    char path[PATH_MAX];
    if (!command_helper_path("", path, sizeof(path), err) ||
        !protect_file(caps, path, "nono's programs", err))
        return false;
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len < 0)
        return error_set_errno(err, "readlink /proc/self/exe");
    path[len] = '\0';
    return protect_file(caps, path, "nono's programs", err);
}

bool protect_is_needed(const struct nono_caps *caps)
{
    for (size_t i = 0; i < caps->grants.count; i++)
        if (caps->grants.items[i].access & NONO_WRITE &&
            !path_within(caps->grants.items[i].path, "/dev"))
            return true;
    return false;
}

bool protect_policy_files(struct nono_caps *caps, const struct profile *profile, struct error *err)
{
    const struct profile_hook *const hooks[] = { &profile->hook_before, &profile->hook_after };
    if (!protect_is_needed(caps))
        return true;
    LIST_FOREACH (profile->parts, const struct profile_part, part) {
        bool is_file = !part->pack && strcmp(part->file, "built-in") != 0;
        if (is_file && !protect_file(caps, part->file, "the profile's own file", err))
            return false;
    }
    for (size_t i = 0; i < COUNT(hooks); i++)
        if (hooks[i]->script && !protect_file(caps, hooks[i]->script, "session hooks", err))
            return false;
    return programs_protect(caps, err);
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
