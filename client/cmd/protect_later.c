#include <string.h>
#include <sys/stat.h>

#include "client/cmd/protect.h"
#include "client/profile/profiles.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/xdg.h"

#define SOURCE "the policy of other runs"

struct later {
    struct nono_caps *caps;
    const struct profile_env *env;
    struct arena *arena;
};

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Where a link in nono's own folder leads can be anywhere; the folder itself is protected. */
static bool link_protect(const struct later *later, const char *path, struct error *err)
{
    return !is_link(path) || protect_file(later->caps, path, SOURCE, err);
}

/* Most profiles have no hook and extend no file: they are not resolved for this. */
static bool has_more(const char *text)
{
    static const char *const signs[] = { "session_hooks", ".toml", ".yaml", ".yml", ".json" };
    for (size_t i = 0; i < COUNT(signs); i++)
        if (strstr(text, signs[i]))
            return true;
    return false;
}

/* What a profile that is run one day is made of, and what it runs. One that cannot be read or
 * resolved cannot be run, either. */
static bool profile_protect(const struct later *later, const char *file, struct error *err)
{
    const char *text;
    size_t len;
    struct profile *profile;
    struct error ignored;
    if (!file_read_path(file, LIMIT_PROFILE_BYTES, later->arena, &text, &len, &ignored) ||
        !has_more(text) || !profile_load(later->env, file, NULL, later->arena, &profile, &ignored))
        return true;
    LIST_FOREACH (profile->parts, const struct profile_part, part)
        if (!part->pack && !part->builtin && !protect_file(later->caps, part->file, SOURCE, err))
            return false;
    const struct profile_hook *const hooks[] = { &profile->hook_before, &profile->hook_after };
    for (size_t i = 0; i < COUNT(hooks); i++)
        if (hooks[i]->script && !hooks[i]->of_pack &&
            !protect_file(later->caps, hooks[i]->script, SOURCE, err))
            return false;
    return true;
}

static bool user_profiles_protect(const struct later *later, struct error *err)
{
    struct list entries;
    struct error ignored;
    if (!profiles_user_list(later->env, later->arena, &entries, &ignored))
        return true; /* a folder that cannot be read has none that could be run */
    LIST_FOREACH (entries, const struct profiles_entry, entry)
        if (!link_protect(later, entry->file, err) || !profile_protect(later, entry->file, err))
            return false;
    return true;
}

/* A file that is kept is one wherever it lies. */
static bool choices_protect(const struct later *later, struct error *err)
{
    struct list choices;
    struct error ignored;
    if (!profiles_default_list(later->env, later->arena, &choices, &ignored))
        return true; /* what is wrong with it is told when it is asked */
    LIST_FOREACH (choices, const struct profile_variable, choice)
        if (choice->value[0] == '/' && (!protect_file(later->caps, choice->value, SOURCE, err) ||
                                        !profile_protect(later, choice->value, err)))
            return false;
    return true;
}

bool protect_later_policy(struct nono_caps *caps, const struct profile_env *env,
                          struct arena *arena, struct error *err)
{
    static const char *const files[] = { "config.toml", "agents.toml", "known_signers.json",
                                         "profiles" };
    const struct later later = { caps, env, arena };
    if (!protect_is_needed(caps))
        return true;
    for (size_t i = 0; i < COUNT(files); i++)
        if (!link_protect(&later, path_join(arena, env->config_dir, files[i]), err))
            return false;
    return user_profiles_protect(&later, err) && choices_protect(&later, err);
}
