#include "sandbox/policy/paths.h"

#include <string.h>

#include "lib/base/cleanup.h"

void path_found_clear(struct path_found *found)
{
    closep(&found->fd);
    *found = (struct path_found){ .fd = -1 };
}

/* Where path goes on behind root; NULL when it is not within. Most differ in their first bytes. */
static const char *rest_of(const char *path, const char *root)
{
    size_t len = 0;
    while (root[len] && path[len] == root[len])
        len++;
    if (root[len])
        return NULL;
    if (len == 1 && root[0] == '/')
        return path + len;
    return path[len] == '\0' || path[len] == '/' ? path + len : NULL;
}

bool path_within(const char *path, const char *root)
{
    return rest_of(path, root) != NULL;
}

bool path_below(const char *path, const char *root)
{
    const char *rest = rest_of(path, root);
    return rest && *rest;
}

bool path_is_of_process(const char *path)
{
    static const char proc[] = "/proc/";
    size_t len = sizeof(proc) - 1;
    return strncmp(path, proc, len) == 0 && path[len] >= '0' && path[len] <= '9';
}
