/* Paths in a pack: pack_path_check and what follows from a path alone. */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pack/manifest.h"

#define SEGMENT_MAX 255

static bool bytes_check(const char *path, struct error *err)
{
    size_t len = strlen(path);
    if (len == 0)
        return error_set(err, INVALID, "the path is empty");
    if (len > LIMIT_PACK_PATH_BYTES)
        return error_set(err, INVALID, "the path has over %zu bytes",
                         (size_t)LIMIT_PACK_PATH_BYTES);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
            return error_set(err, INVALID, "the path has a control character");
    if (!text_is_utf8(path, len))
        return error_set(err, INVALID, "the path is not UTF-8");
    if (!text_is_printable(path))
        return error_set(err, INVALID, "the path has a control character");
    if (memchr(path, '\\', len))
        return error_set(err, INVALID, "the path has a backslash");
    return path[0] != '/' || error_set(err, INVALID, "the path is absolute");
}

static bool segment_check(const char *segment, size_t len, struct error *err)
{
    if (len == 0)
        return error_set(err, INVALID, "the path has an empty segment");
    if (len == 1 && segment[0] == '.')
        return error_set(err, INVALID, "the path has a \".\" segment");
    if (len == 2 && memcmp(segment, "..", 2) == 0)
        return error_set(err, INVALID, "the path has a \"..\" segment");
    return len <= SEGMENT_MAX ||
           error_set(err, INVALID, "the path has a name of over %d bytes", SEGMENT_MAX);
}

bool pack_path_check(const char *path, struct error *err)
{
    if (!bytes_check(path, err))
        return false;
    unsigned depth = 0;
    for (const char *at = path;; at++) {
        size_t segment = strcspn(at, "/");
        if (!segment_check(at, segment, err))
            return false;
        if (++depth > LIMIT_PACK_DEPTH)
            return error_set(err, INVALID, "the path has over %d segments", LIMIT_PACK_DEPTH);
        at += segment;
        if (!*at)
            return true;
    }
}

bool pack_path_is_program(const char *path)
{
    return text_starts(path, "bin/") || strstr(path, "/bin/") || text_ends(path, ".sh");
}

static const char *basename_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *artifact_installed_path(const struct artifact *artifact, struct arena *arena)
{
    static const char *const syntaxes[] = { ".toml", ".yaml", ".yml", ".jsonc" };
    const char *end = ".json";
    switch ((enum artifact_type)artifact->type) {
    case ARTIFACT_PROFILE:
        for (size_t i = 0; i < COUNT(syntaxes); i++)
            if (text_ends(artifact->path, syntaxes[i]) &&
                strlen(artifact->path) > strlen(syntaxes[i])) /* as profile_syntax_of has it */
                end = syntaxes[i];
        return arena_printf(arena, "profiles/%s%s", artifact->install_as, end);
    case ARTIFACT_INSTRUCTION:
        return arena_printf(arena, "instructions/%s", basename_of(artifact->path));
    case ARTIFACT_TRUST_POLICY:
        return "trust-policy.json";
    case ARTIFACT_GROUPS:
        return "groups.json";
    case ARTIFACT_PLUGIN:
        return artifact->path;
    }
    __builtin_unreachable();
}
