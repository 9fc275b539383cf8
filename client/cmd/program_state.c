#include "client/cmd/program_state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/policy/paths.h"

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

void program_state_make(const struct policy *policy)
{
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant) {
        struct error err;
        if (!is_to_be_made(policy, grant))
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
