#include "client/cmd/sandbox_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/sandbox_refused.h"
#include "lib/base/env.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/platform/confine.h"
#include "sandbox/policy/paths.h"
#include "sandbox/run/environment.h"
#include "sandbox/run/run.h"

static const char **opt_allow, **opt_read, **opt_write;
static const char **opt_allow_file, **opt_read_file, **opt_write_file;
static const char **opt_allow_domain, **opt_deny_domain;
static const char **opt_bypass, **opt_extends, **opt_environment;
static char *opt_profile, *opt_workdir;
static int opt_allow_cwd, opt_block_net, opt_allow_net, opt_dry_run, opt_silent, opt_verbose;

#define ALIAS (POPT_ARG_ARGV | POPT_ARGFLAG_DOC_HIDDEN)

/* clang-format off */
const struct poptOption sandbox_option_table[] = {
    { "profile", 'p', POPT_ARG_STRING, &opt_profile, 0, "the profile to run under", "PROFILE|FILE" },
    { "extends", '\0', POPT_ARG_ARGV, (void *)&opt_extends, 0, "a profile to build on, before the profile's own", "PROFILE" },
    { "allow", 'a', POPT_ARG_ARGV, (void *)&opt_allow, 0, "read, run and write all below a folder", "DIR" },
    { "read", 'r', POPT_ARG_ARGV, (void *)&opt_read, 0, "read and run what is below a folder", "DIR" },
    { "write", 'w', POPT_ARG_ARGV, (void *)&opt_write, 0, "write below a folder, without reading", "DIR" },
    { "allow-file", '\0', POPT_ARG_ARGV, (void *)&opt_allow_file, 0, "read, run and write one file", "FILE" },
    { "read-file", '\0', POPT_ARG_ARGV, (void *)&opt_read_file, 0, "read and run one file", "FILE" },
    { "write-file", '\0', POPT_ARG_ARGV, (void *)&opt_write_file, 0, "write one file, without reading", "FILE" },
    { "bypass-protection", '\0', POPT_ARG_ARGV, (void *)&opt_bypass, 0, "lift the denies that groups put on a path", "PATH" },
    { "override-deny", '\0', ALIAS, (void *)&opt_bypass, 0, NULL, NULL },
    { "workdir", '\0', POPT_ARG_STRING, &opt_workdir, 0, "the folder to work in", "DIR" },
    { "allow-cwd", '\0', POPT_ARG_NONE, &opt_allow_cwd, 0, "grant the working folder without asking", NULL },
    { "block-net", '\0', POPT_ARG_NONE, &opt_block_net, 0, "no network", NULL },
    { "net-block", '\0', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &opt_block_net, 0, NULL, NULL },
    { "allow-net", '\0', POPT_ARG_NONE, &opt_allow_net, 0, "an unfiltered network, whatever the profile says", NULL },
    { "allow-env", '\0', POPT_ARG_ARGV, (void *)&opt_environment, 0, "pass a variable that would be held back", "NAME" },
    { "dry-run", '\0', POPT_ARG_NONE, &opt_dry_run, 0, "show what would be granted, and end", NULL },
    { "silent", 's', POPT_ARG_NONE, &opt_silent, 0, "say nothing but failures", NULL },
    { "verbose", 'v', POPT_ARG_NONE, &opt_verbose, 0, "show every grant and what holds it", NULL },
    POPT_TABLEEND,
};

const struct poptOption sandbox_host_table[] = {
    { "allow-domain", '\0', POPT_ARG_ARGV, (void *)&opt_allow_domain, 0, "a host to reach through the proxy", "HOST[:PORT]" },
    { "allow-proxy", '\0', ALIAS, (void *)&opt_allow_domain, 0, NULL, NULL },
    { "proxy-allow", '\0', ALIAS, (void *)&opt_allow_domain, 0, NULL, NULL },
    { "deny-domain", '\0', POPT_ARG_ARGV, (void *)&opt_deny_domain, 0, "a host never to reach", "HOST[:PORT]" },
    POPT_TABLEEND,
};

const struct poptOption sandbox_no_host_table[] = {
    { "allow-domain", '\0', ALIAS, (void *)&opt_allow_domain, 0, NULL, NULL },
    { "allow-proxy", '\0', ALIAS, (void *)&opt_allow_domain, 0, NULL, NULL },
    { "proxy-allow", '\0', ALIAS, (void *)&opt_allow_domain, 0, NULL, NULL },
    { "deny-domain", '\0', ALIAS, (void *)&opt_deny_domain, 0, NULL, NULL },
    POPT_TABLEEND,
};
/* clang-format on */

struct access_flag {
    const char *const flag, *const variable;
    const char ***values;
    unsigned access;
    bool is_file;
};

/* As in the original: what may be read may be run. */
#define READ_RUN (PROFILE_READ | PROFILE_EXECUTE)

static const struct access_flag access_flags[] = {
    { "--allow", "NONO_ALLOW", &opt_allow, READ_RUN | PROFILE_WRITE, false },
    { "--read", "NONO_READ", &opt_read, READ_RUN, false },
    { "--write", "NONO_WRITE", &opt_write, PROFILE_WRITE, false },
    { "--allow-file", "NONO_ALLOW_FILE", &opt_allow_file, READ_RUN | PROFILE_WRITE, true },
    { "--read-file", "NONO_READ_FILE", &opt_read_file, READ_RUN, true },
    { "--write-file", "NONO_WRITE_FILE", &opt_write_file, PROFILE_WRITE, true },
};

static const char *variable(const char *name)
{
    const char *value = env_get(name);
    return value && value[0] ? value : NULL;
}

static size_t count_of(const char *const *values)
{
    size_t count = 0;
    while (values && values[count])
        count++;
    return count;
}

/* What options gave, and behind it the parts of a variable between commas. */
static const char *const *values_join(const char *const *given, const char *name,
                                      struct arena *arena)
{
    const char *text = variable(name);
    size_t count = count_of(given), parts = 0;
    for (const char *c = text; c && *c; c++)
        parts += *c == ',';
    const char **all = ARENA_ARRAY(arena, const char *, count + parts + 2);
    for (size_t i = 0; i < count; i++)
        all[i] = given[i];
    for (const char *at = text; at && *at;) {
        size_t len = strcspn(at, ",");
        if (len)
            all[count++] = arena_strndup(arena, at, len);
        at += len + (at[len] == ',');
    }
    return all;
}

/*
 * A path as it is meant when it is typed: ".." goes up from where the program works, as all that is
 * relative begins there. Not behind a link, where it would go up from somewhere else than it looks.
 */
static bool path_read(const char *typed, const char *workdir, struct arena *arena, const char **out,
                      struct error *err)
{
    bool goes_up = strcmp(typed, "..") == 0 || text_starts(typed, "../") || strstr(typed, "/../") ||
                   text_ends(typed, "/..");
    *out = typed;
    if (!goes_up)
        return true;
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    const struct path_ops *ops = confine_path_ops();
    const char *path = *typed == '/' ? typed : path_join(arena, workdir, typed);
    if (!ops->resolve(ops->context, path, arena, &found, err))
        return false;
    for (size_t i = 0; i < found.crossed_count; i++)
        if (found.crossed[i].by_link)
            return error_set(err, INVALID, "%s: \"..\" behind a symbolic link", typed);
    *out = found.path;
    return true;
}

static bool paths_add(const struct access_flag *flag, const char *const *values,
                      struct profile_override_path *paths, struct sandbox_options *out,
                      struct arena *arena, struct error *err)
{
    for (; *values; values++) {
        struct profile_override_path *path = &paths[out->overrides.path_count++];
        *path = (struct profile_override_path){
            .flag = flag->flag,
            .access = flag->access,
            .is_file = flag->is_file,
        };
        if (!path_read(*values, out->workdir, arena, &path->path, err))
            return error_prefix(err, "%s", flag->flag);
    }
    return true;
}

static bool paths_read(struct arena *arena, struct sandbox_options *out, struct error *err)
{
    const char *const *values[COUNT(access_flags)];
    size_t total = 0;
    for (size_t i = 0; i < COUNT(access_flags); i++) {
        values[i] = values_join(*access_flags[i].values, access_flags[i].variable, arena);
        total += count_of(values[i]);
    }
    struct profile_override_path *paths =
        ARENA_ARRAY(arena, struct profile_override_path, total + 1);
    out->overrides.paths = paths;
    for (size_t i = 0; i < COUNT(access_flags); i++)
        if (!paths_add(&access_flags[i], values[i], paths, out, arena, err))
            return false;
    return true;
}

static bool variable_is_true(const char *name, bool *out, struct error *err)
{
    static const char *const yes[] = { "1", "true", "yes" }, *const no[] = { "0", "false", "no" };
    const char *value = variable(name);
    if (!value)
        return true;
    for (size_t i = 0; i < COUNT(yes); i++) {
        if (strcasecmp(value, yes[i]) == 0) {
            *out = true;
            return true;
        }
        if (strcasecmp(value, no[i]) == 0)
            return true;
    }
    return error_set(err, INVALID, "$%s is \"%.32s\", neither true nor false", name, value);
}

/* path has PATH_MAX bytes. */
static bool workdir_find(char *path, struct error *err)
{
    struct stat st;
    if (!opt_workdir)
        return getcwd(path, PATH_MAX) || error_set_errno(err, "the working folder");
    if (!*opt_workdir)
        return error_set(err, INVALID, "--workdir: an empty path");
    if (!realpath(opt_workdir, path))
        return error_set_errno(err, "%s", opt_workdir);
    return (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) ||
           error_set(err, INVALID, "--workdir %s: not a folder", path);
}

static bool workdir_read(struct arena *arena, const char **out, struct error *err)
{
    char path[PATH_MAX];
    if (!workdir_find(path, err))
        return false;
    *out = arena_strndup(arena, path, strlen(path));
    return true;
}

bool sandbox_options_program(const char *name, char *out, int *status, struct error *err)
{
    char folder[PATH_MAX];
    if (opt_workdir && !workdir_find(folder, err))
        return false;
    if (run_find_program(name, env_get("PATH"), opt_workdir ? folder : NULL, out, err))
        return true;
    *status = RUN_EXIT_EXEC;
    return false;
}

/* A name, or PREFIX*, that nothing could pass by: nobody shall believe that it did. */
static bool environment_name_check(const char *name, struct arena *arena, struct error *err)
{
    static const struct environment_rules none = { 0 };
    size_t len = strcspn(name, "*");
    bool star = name[len] == '*';
    if (!*name || strchr(name, '=') || (star && name[len + 1]) || !text_is_printable(name)) {
        error_set(err, INVALID, "--allow-env %.64s: not the name of a variable", name);
        return error_hint(err, "write NAME or PREFIX*; its value is the one it has outside");
    }
    /* of a prefix all is kept back if something is that no list names by itself */
    const char *one = star ? arena_printf(arena, "%.*s?", (int)len, name) : name;
    if (environment_judge(&none, one) != ENVIRONMENT_LOADER)
        return true;
    error_set(err, INVALID, "--allow-env %.64s: never passes", name);
    return error_hint(err, "variables of loaders, interpreters and nono itself are kept outside");
}

static bool environment_read(struct arena *arena, struct sandbox_options *out, struct error *err)
{
    out->environment = values_join(opt_environment, "NONO_ALLOW_ENV", arena);
    for (const char *const *name = out->environment; *name; name++)
        if (!environment_name_check(*name, arena, err))
            return false;
    return true;
}

static bool network_read(struct profile_overrides *overrides, struct error *err)
{
    bool block_net = opt_block_net;
    if (!variable_is_true("NONO_BLOCK_NET", &block_net, err))
        return false;
    if (block_net && opt_allow_net)
        return error_set(err, INVALID, "--allow-net, but %s",
                         opt_block_net ? "--block-net too" : "$NONO_BLOCK_NET says no network");
    if (opt_allow_net && opt_allow_domain)
        return error_set(err, INVALID, "--allow-net, but --allow-domain too");
    overrides->block_network = block_net;
    overrides->open_network = opt_allow_net;
    return true;
}

bool sandbox_options_read(struct arena *arena, struct sandbox_options *out, struct error *err)
{
    *out = (struct sandbox_options){
        .profile = opt_profile ? opt_profile : variable("NONO_PROFILE"),
        .allow_workdir = opt_allow_cwd,
        .workdir_named = opt_workdir,
        .dry_run = opt_dry_run,
        .silent = opt_silent,
        .verbose = opt_verbose,
    };
    if (!sandbox_refused_check(err) || !workdir_read(arena, &out->workdir, err) ||
        !network_read(&out->overrides, err) || !environment_read(arena, out, err))
        return false;
    if (opt_extends && !out->profile)
        return error_set(err, INVALID, "--extends needs --profile");
    struct profile_overrides *overrides = &out->overrides;
    if (!paths_read(arena, out, err))
        return false;
    overrides->extends = opt_extends;
    overrides->bypass = opt_bypass;
    overrides->allow_hosts = values_join(opt_allow_domain, "NONO_ALLOW_DOMAIN", arena);
    overrides->deny_hosts = values_join(opt_deny_domain, "NONO_DENY_DOMAIN", arena);
    return true;
}
