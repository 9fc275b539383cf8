#include "sandbox/snapshot/scope.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/journal.h"

/* The path without links, as far as it exists. */
static const char *real_path(const char *path, struct arena *arena)
{
    char real[PATH_MAX];
    char *head = arena_strndup(arena, path, strlen(path));
    const char *rest = "";
    while (!realpath(head, real)) {
        char *slash = strrchr(head, '/');
        if (!slash || slash == head)
            return path;
        rest = path_join(arena, slash + 1, rest);
        *slash = '\0';
    }
    size_t len = strlen(rest);
    while (len && rest[len - 1] == '/')
        len--;
    return len ? arena_printf(arena, "%s/%.*s", strcmp(real, "/") == 0 ? "" : real, (int)len, rest)
               : arena_strndup(arena, real, strlen(real));
}

/* What follows folder in path: "" when they are the same, NULL when path is not in it. */
static const char *path_within(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (strcmp(folder, "/") == 0)
        return path + 1;
    if (strncmp(path, folder, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path[len] ? path + len + 1 : path + len;
}

static bool pattern_check(const char *pattern, struct error *err)
{
    if (!*pattern || *pattern == '/' || text_ends(pattern, "/") || text_starts(pattern, "./") ||
        strstr(pattern, "//") || strstr(pattern, "../")) {
        error_set(err, INVALID, "the pattern \"%.64s\" can match nothing", pattern);
        return error_hint(err, "a name (node_modules), or a path in the folder (build/**)");
    }
    return true;
}

bool scope_make(const char *folder, struct list patterns, const char *const *never,
                struct arena *arena, struct scope *out, struct error *err)
{
    assert(folder);
    size_t count = 0;
    while (never && never[count])
        count++;
    struct scope scope = { .patterns = patterns,
                           .never = { ARENA_ARRAY(arena, const char *, count), 0 } };
    LIST_FOREACH (patterns, const char *, pattern)
        if (!pattern_check(*pattern, err))
            return false;
    for (size_t i = 0; i < count; i++) {
        const char *real = real_path(never[i], arena);
        if (path_within(folder, real))
            return error_set(err, INVALID, "%s belongs to nono itself", folder);
        const char *inside = path_within(real, folder);
        if (inside)
            ((const char **)scope.never.items)[scope.never.count++] = inside;
    }
    *out = scope;
    return true;
}

bool scope_skips(const struct scope *scope, const char *path, const char *name)
{
    LIST_FOREACH (scope->never, const char *, never)
        if (strcmp(*never, path) == 0)
            return true;
    if (text_starts(name, JOURNAL_STAGING)) /* left by a killed restore, for the next to remove */
        return false;
    LIST_FOREACH (scope->patterns, const char *, pattern)
        if (text_glob(*pattern, strchr(*pattern, '/') ? path : name))
            return true;
    return false;
}
