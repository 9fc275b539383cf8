#include "client/install/places.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/buf.h"
#include "lib/base/files.h"
#include "lib/base/record.h"
#include "lib/base/text.h"
#include "lib/pack/agents.h"

#define LIMIT_EXPANDED (64 * (size_t)1024 * 1024)

static bool is_name_start(char c)
{
    return (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_len(const char *at)
{
    size_t len = 0;
    while (is_name_start(at[len]) || (at[len] >= '0' && at[len] <= '9'))
        len++;
    return len;
}

static const char *variable_value(const struct variables *variables, const char *name, size_t len)
{
    const struct folders *folders = variables->folders;
    const struct {
        const char *name, *value;
    } known[] = {
        { "PACK_DIR", variables->pack_dir },
        { "NS", variables->namespace },
        { "PLUGIN", variables->name },
        { "HOME", folders->home },
        { "XDG_CONFIG_HOME", folders->xdg_config },
        { "NONO_CONFIG", folders->config },
        { "NONO_PACKAGES", folders->packages },
        { "NOW", variables->now },
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
            return known[i].value;
    return NULL;
}

bool variables_expand(const struct variables *variables, const char *text, struct arena *arena,
                      const char **out, struct error *err)
{
    CLEANUP(buf_clearp) struct buf buf;
    buf_init(&buf, LIMIT_EXPANDED);
    while (*text) {
        size_t plain = strcspn(text, "$");
        if (!buf_append(&buf, text, plain, err))
            return false;
        text += plain;
        if (!*text)
            break;
        size_t len = is_name_start(text[1]) ? name_len(text + 1) : 0;
        const char *value = len ? variable_value(variables, text + 1, len) : "$";
        if (!value) {
            error_set(err, INVALID, "there is no variable $%.*s", len < 64 ? (int)len : 64,
                      text + 1);
            return error_hint(err, "there are PACK_DIR NS PLUGIN HOME XDG_CONFIG_HOME "
                                   "NONO_CONFIG NONO_PACKAGES NOW");
        }
        if (!buf_text(&buf, value, err))
            return false;
        text += 1 + len;
    }
    *out = arena_strndup(arena, buf.data ? buf.data : "", buf.len);
    return true;
}

/* Absolute, and nothing in it that means another path than it says. */
static bool path_check(const char *path, struct error *err)
{
    if (path[0] != '/' || !text_is_printable(path) || strlen(path) >= 4096)
        return error_set(err, INVALID, "not an absolute path");
    for (const char *at = path + 1;; at++) {
        size_t len = strcspn(at, "/");
        bool dots = (len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.');
        if (len == 0 || dots || len > 255)
            return error_set(err, INVALID,
                             "the path has an empty, \".\", \"..\" or over-long part");
        at += len;
        if (!*at)
            return true;
    }
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What is behind "folder/" in path, or NULL. */
static const char *beneath(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/' && path[len + 1] ? path + len + 1
                                                                                : NULL;
}

const char *place_real(const struct folders *folders, const struct place *place,
                       struct arena *arena)
{
    CLEANUP(freep) char *root = realpath(place->root, NULL);
    CLEANUP(freep) char *home = realpath(folders->home, NULL);
    const char *said = place->root, *below = beneath(said, folders->home);
    if (!root || !home)
        return NULL;
    if (below)
        said = path_join(arena, home, below);
    else if (strcmp(said, folders->home) == 0)
        said = home;
    return strcmp(root, said) == 0 ? NULL : path_join(arena, root, place->relative);
}

bool place_of_folder(const char *path, struct arena *arena, struct place *out, struct error *err)
{
    size_t len = strlen(path);
    while (len > 1) {
        while (len > 1 && path[len - 1] != '/')
            len--;
        const char *folder = arena_strndup(arena, path, len > 1 ? len - 1 : 1);
        if (is_folder(folder)) {
            *out = (struct place){ folder, path + len };
            return true;
        }
        len--;
    }
    return error_set(err, NOT_FOUND, "%s: no folder on the way is there", path);
}

/* The place of a path in an allowed folder: from that folder when it is there. */
static bool place_in(const char *folder, const char *path, struct arena *arena, struct place *out,
                     struct error *err)
{
    const char *rest = beneath(path, folder);
    if (!rest || !is_folder(folder))
        return place_of_folder(rest ? folder : path, arena, out, err) &&
               (out->relative = path + (out->relative - (rest ? folder : path)), true);
    *out = (struct place){ folder, rest };
    return true;
}

bool place_find(const struct folders *folders, const char *const *extra, const char *path,
                struct arena *arena, struct place *out, struct error *err)
{
    if (!path_check(path, err))
        return error_prefix(err, "%.300s", text_escape(path, arena));
    const char *const bases[] = { [AGENT_HOME] = folders->home,
                                  [AGENT_XDG_CONFIG] = folders->xdg_config,
                                  [AGENT_NONO_CONFIG] = folders->config };
    for (size_t i = 0; i < agent_place_count; i++) {
        const struct agent_place *agent = &agent_places[i];
        const char *entry = path_join(arena, bases[agent->base], agent->path);
        if (agent->is_file ? strcmp(path, entry) == 0 : beneath(path, entry) != NULL)
            return place_in(entry, path, arena, out, err);
    }
    for (; extra && *extra; extra++)
        if (beneath(path, *extra))
            return place_in(*extra, path, arena, out, err);
    error_set(err, DENIED, "%.300s is not in an agent's folder", path);
    return error_hint(err, "wiring_folders in %s/config.toml allows more folders", folders->config);
}
