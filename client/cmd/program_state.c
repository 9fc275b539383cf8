#include "client/cmd/program_state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
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

/* A link in a folder that a grant lets write may be a former run's: what it leads to is not ours to
 * make something in. The plan refuses such a grant, but not before this. */
static bool leads_by_program_link(const struct policy *policy, const char *path)
{
    char folder[PATH_MAX];
    struct stat st;
    for (const char *at = path; (at = strchr(at + 1, '/'));) {
        size_t len = (size_t)(at - path);
        if (len >= sizeof(folder))
            return true;
        memcpy(folder, path, len);
        folder[len] = '\0';
        if (lstat(folder, &st) != 0 || !S_ISLNK(st.st_mode))
            continue;
        LIST_FOREACH (policy->profile->grants, const struct profile_path, grant)
            if (grant->access & PROFILE_WRITE && grant->path && path_below(folder, grant->path))
                return true;
    }
    return false;
}

void program_state_make(const struct policy *policy)
{
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant) {
        struct error err;
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
