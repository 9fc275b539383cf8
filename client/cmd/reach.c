#include "client/cmd/reach.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct reach_tree {
    const char *path; /* canonical */
    unsigned access;
};

static unsigned workdir_access(const struct policy *policy)
{
    static const unsigned access[] = {
        [PROFILE_WORKDIR_NONE] = 0,
        [PROFILE_WORKDIR_READ] = PROFILE_READ,
        [PROFILE_WORKDIR_WRITE] = PROFILE_WRITE,
        [PROFILE_WORKDIR_READWRITE] = PROFILE_READ | PROFILE_WRITE,
    };
    return policy->options.allow_workdir ? access[policy->profile->workdir] : 0;
}

struct list reach_of(const struct policy *policy)
{
    const struct list *grants = &policy->profile->grants;
    struct reach_tree *trees = ARENA_ARRAY(policy->arena, struct reach_tree, grants->count + 1);
    size_t count = 0;
    trees[count++] = (struct reach_tree){ policy->options.workdir, workdir_access(policy) };
    LIST_FOREACH (*grants, const struct profile_path, grant) {
        char real[PATH_MAX];
        if (grant->path && realpath(grant->path, real)) /* else nothing can be in it */
            trees[count++] = (struct reach_tree){ arena_strndup(policy->arena, real, strlen(real)),
                                                  grant->access };
    }
    return (struct list){ trees, count };
}

bool reach_has(const struct list *reach, const char *path, unsigned access)
{
    LIST_FOREACH (*reach, const struct reach_tree, tree)
        if (tree->access & access && path_within(path, tree->path))
            return true;
    return false;
}

bool reach_may_write(const struct list *reach, const struct path_found *found)
{
    for (size_t i = 0; i < found->crossed_count; i++)
        if (found->crossed[i].by_link && reach_has(reach, found->crossed[i].folder, PROFILE_WRITE))
            return true;
    return reach_has(reach, found->path, PROFILE_WRITE);
}

static bool leads_out(const struct list *reach, const char *folder, const char *path)
{
    LIST_FOREACH (*reach, const struct reach_tree, tree)
        if (tree->access & PROFILE_WRITE && path_within(folder, tree->path) &&
            !path_within(path, tree->path))
            return true;
    return false;
}

const char *reach_led_out_of(const struct list *reach, const struct path_found *found)
{
    for (size_t i = 0; i < found->crossed_count; i++)
        if (found->crossed[i].by_link && leads_out(reach, found->crossed[i].folder, found->path))
            return found->crossed[i].folder;
    return NULL;
}
