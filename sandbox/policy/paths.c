#include "sandbox/policy/paths.h"

#include <string.h>

#include "lib/base/cleanup.h"

void path_found_clear(struct path_found *found)
{
    free(found->path);
    for (size_t i = 0; i < found->crossed_count; i++) {
        free(found->crossed[i].folder);
        free(found->crossed[i].link);
    }
    closep(&found->fd);
    *found = (struct path_found){ .fd = -1 };
}

bool path_within(const char *path, const char *root)
{
    size_t len = strlen(root);
    if (len == 1 && root[0] == '/')
        return path[0] == '/';
    return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

bool path_below(const char *path, const char *root)
{
    return path_within(path, root) && strcmp(path, root) != 0;
}
