#include "sandbox/snapshot/path.h"

#include <string.h>

bool path_push(struct path *path, const struct node *node, size_t *before, struct error *err)
{
    size_t len = path->len + (path->len > 0) + node->name_len;
    if (len >= sizeof(path->text))
        return error_set(err, TOO_LARGE, "a path is over %zu bytes", LIMIT_SNAPSHOT_PATH_BYTES);
    if (path->len)
        path->text[path->len] = '/';
    memcpy(path->text + len - node->name_len, node->name, node->name_len);
    path->text[len] = '\0';
    *before = path->len;
    path->len = len;
    return true;
}

void path_pop(struct path *path, size_t before)
{
    path->len = before;
    path->text[before] = '\0';
}
