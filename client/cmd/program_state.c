#include "client/cmd/program_state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "client/cmd/reach.h"
#include "lib/base/files.h"
#include "lib/base/stack.h"
#include "lib/base/text.h"
#include "sandbox/platform/confine.h"

/* Of XDG's base folders, too, where they are made: its specification has it so. */
#define STATE_MODE 0700

static bool is_denied(const struct profile *profile, const char *path)
{
    LIST_FOREACH (profile->denies, const struct profile_path, deny)
        if (deny->path && path_within(path, deny->path))
            return true;
    return false;
}

static bool is_to_be_made(const struct policy *policy, const struct profile_path *grant)
{
    struct stat st;
    return grant->is_state && grant->path && !is_denied(policy->profile, grant->path) &&
           lstat(grant->path, &st) != 0 && errno == ENOENT;
}

const struct profile_path *program_state_over(const struct policy *policy, const char *path)
{
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant)
        if (grant->is_state && path_within(path, grant->path) && is_to_be_made(policy, grant))
            return grant;
    return NULL;
}

/* A link where the program may write may be a former run's: what it leads to is not ours to make
 * something in. The plan refuses such a grant, but not before this. */
static bool leads_by_program_link(const struct policy *policy, const char *path)
{
    const struct path_ops *ops = confine_path_ops();
    struct path_found found;
    struct error ignored UNINITIALIZED; /* what is wrong is told when it is made */
    if (!ops->look(ops->context, path, policy->arena, &found, &ignored))
        return false;
    const struct list reach = reach_of(policy); /* now: what was made before is in it */
    return reach_led_out_of(&reach, &found);
}

void program_state_make(const struct policy *policy)
{
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant) {
        struct error err UNINITIALIZED;
        if (!is_to_be_made(policy, grant) || leads_by_program_link(policy, grant->path))
            continue;
        bool made = dir_make_path(grant->path, STATE_MODE, &err);
        if (policy->options.silent)
            continue;
        const char *path = text_escape(grant->path, policy->arena);
        if (made)
            (void)fprintf(stderr, "nono: made %s\n", path);
        else
            (void)fprintf(stderr, "nono: %s is not there, and cannot be made: %s\n", path,
                          text_escape(err.message, policy->arena));
    }
}
