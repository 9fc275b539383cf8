#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/profile.h"
#include "client/ui/term.h"
#include "lib/base/text.h"

static char *opt_for;
static int opt_clear, opt_json;

/* A built-in profile of that name knows its agent's program; so does the program's own name. */
static const char *program_of_name(const struct profile_env *env, const char *name,
                                   struct arena *arena)
{
    const char *slash = strrchr(name, '/');
    const char *bare = slash ? slash + 1 : name;
    for (const char *const *builtin = profile_builtin_names(); *builtin; builtin++) {
        struct profile_env plain = { .platform = env->platform,
                                     .home = env->home,
                                     .workdir = env->workdir,
                                     .config_dir = env->config_dir,
                                     .packages_dir = env->packages_dir };
        struct profile *profile;
        struct error err;
        if (!profile_load(&plain, *builtin, NULL, arena, &profile, &err) || !profile->program)
            continue;
        if (strcmp(*builtin, bare) == 0 || strcmp(profile->program, bare) == 0)
            return profile->program;
    }
    return NULL;
}

static bool program_find(const struct profile_env *env, const char *name, struct arena *arena,
                         const char **out, struct error *err)
{
    struct profile *profile;
    if (!profile_load(env, name, NULL, arena, &profile, err))
        return false;
    *out = opt_for ? opt_for : profile->program;
    if (!*out)
        *out = program_of_name(env, name, arena);
    if (*out)
        return true;
    error_set(err, INVALID, "profile %s does not say which program it is for", name);
    return error_hint(err, "nono profile use %s --for PROGRAM", name);
}

/* profile is NULL where the choice is taken back. */
static void choice_tell(const char *program, const char *profile, struct arena *arena)
{
    if (opt_json) {
        struct doc *out = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, out, "program", program);
        if (profile)
            doc_add_text(arena, out, "profile", profile);
        else
            doc_add_null(arena, out, "profile");
        ui_json(out);
    } else if (profile) {
        printf("`nono run -- %s` now uses profile %s\n", text_escape(program, arena),
               text_escape(profile, arena));
    } else {
        printf("%s starts without a profile of its own\n", text_escape(program, arena));
    }
}

static bool choice_clear(const struct profile_env *env, const char *const *operands,
                         struct arena *arena, struct error *err)
{
    if (operands[0] || !opt_for) {
        error_set(err, INVALID, "--clear needs --for PROGRAM, and no profile");
        return error_hint(err, "nono profile use --clear --for %s", opt_for ? opt_for : "PROGRAM");
    }
    if (!profiles_default_set(env, opt_for, NULL, err))
        return false;
    choice_tell(opt_for, NULL, arena);
    return true;
}

/* A file is kept with its whole path: by its name another folder has another profile. */
static bool name_settle(const char *name, struct arena *arena, const char **out, struct error *err)
{
    enum profile_syntax syntax;
    char path[PATH_MAX];
    *out = name;
    if (!profile_syntax_of(name, &syntax))
        return true;
    if (!realpath(name, path))
        return error_set_errno(err, "%s", name);
    *out = arena_strndup(arena, path, strlen(path));
    return true;
}

static bool use_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    const char *program, *name;
    (void)status;
    if (!profiles_env(NULL, arena, &env, err))
        return false;
    if (opt_clear)
        return choice_clear(&env, operands, arena, err);
    if (!profile_operands(operands, 1, "the name of a profile", err) ||
        !program_find(&env, operands[0], arena, &program, err) ||
        !name_settle(operands[0], arena, &name, err) ||
        !profiles_default_set(&env, program, name, err))
        return false;
    choice_tell(program, name, arena);
    return true;
}

static const struct poptOption options[] = {
    { "for", '\0', POPT_ARG_STRING, &opt_for, 0,
      "the program; its agent's when the profile says which", "PROGRAM" },
    { "clear", '\0', POPT_ARG_NONE, &opt_clear, 0, "take the choice for a program back, with --for",
      NULL },
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "print a JSON document", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_use = {
    .name = "use",
    .args = "PROFILE | --clear --for PROGRAM",
    .summary = "make a profile the one that its agent's program gets",
    .examples =
        EXAMPLES("nono profile use acme/web --for claude", "nono profile use --clear --for claude"),
    .options = options,
    .run = use_run,
};
