#include "client/cmd/policy.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/protect.h"
#include "client/cmd/reach.h"
#include "client/profile/profiles.h"
#include "client/store/verify.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"
#include "sandbox/linux/interpreter.h"
#include "sandbox/platform/confine.h"

#define DEFAULT_PROFILE "default"

void policy_clear(struct policy *policy)
{
    caps_free(policy->caps);
    arena_free(policy->arena);
    *policy = (struct policy){ 0 };
}

static bool pack_check(const struct profile_part *part, struct error *err)
{
    char namespace[LIMIT_PACK_NAME_BYTES + 1];
    size_t len = strcspn(part->pack, "/");
    if (len >= sizeof(namespace) || !part->pack[len])
        return error_set(err, INVALID, "\"%.64s\" is not a pack", part->pack);
    memcpy(namespace, part->pack, len);
    namespace[len] = '\0';
    CLEANUP(store_closep) struct store *store = NULL;
    return store_open(STORE_READ, &store, err) &&
           store_verify(store, namespace, part->pack + len + 1, err);
}

static bool packs_check(const struct profile *profile, struct error *err)
{
    LIST_FOREACH (profile->parts, const struct profile_part, part)
        if (part->pack && !pack_check(part, err))
            return error_name(err, part->pack);
    return true;
}

static bool profile_find(struct policy *policy, const char *program, struct error *err)
{
    const struct sandbox_options *options = &policy->options;
    const char *name = options->profile;
    if (!name && program &&
        !profiles_default_find(&policy->env, program, policy->arena, &name, err))
        return false;
    return profile_load(&policy->env, name ? name : DEFAULT_PROFILE, &options->overrides,
                        policy->arena, &policy->profile, err) &&
           packs_check(policy->profile, err);
}

/* A file that is run, what interprets it, and what interprets that. Appends to out: no text or data
 * file for being named in a first line, which a former run may have written. */
static bool chain_add(const char *path, struct arena *arena, const char **out, size_t *count,
                      struct error *err)
{
    char next[PATH_MAX];
    bool is_program;
    for (size_t i = 0; i < INTERPRETERS_MAX; i++) {
        const char *file = out[(*count)++] = arena_strndup(arena, path, strlen(path));
        if (!interpreter_find(file, next, &is_program, err))
            return false;
        if (i > 0 && !is_program)
            out[--*count] = NULL;
        if (!next[0])
            return true;
        path = next;
    }
    return error_set(err, INVALID, "%s: too many interpreters", out[0]);
}

/*
 * What interprets a file is what its first line says: of one that a program may write, or lead the
 * name of elsewhere, that is no grant of what could not be read anyway. An interpreter may have an
 * interpreter.
 */
static void chain_trust(const struct list *reach, struct arena *arena, const char **programs,
                        size_t from, size_t *count)
{
    const struct path_ops *ops = confine_path_ops();
    bool by_program = false;
    for (size_t at = from; at < *count; at++) {
        struct path_found found;
        struct error ignored; /* what cannot be looked at is not granted */
        bool known = ops->look(ops->context, programs[at], arena, &found, &ignored);
        if (by_program && !(known && reach_has(reach, found.path, PROFILE_READ))) {
            while (*count > at)
                programs[--*count] = NULL;
            return;
        }
        by_program = by_program || (known && reach_may_write(reach, &found));
    }
}

/* Where only listed files run: the program, the listed files, and what they need to be run. */
static bool programs_list(const struct policy *policy, const char *const **out, struct error *err)
{
    const struct profile *profile = policy->profile;
    size_t count = 0, room = (profile->grants.count + 1) * (INTERPRETERS_MAX + 1);
    const char **programs = ARENA_ARRAY(policy->arena, const char *, room + 1);
    const struct list reach = reach_of(policy);
    if (policy->program && !chain_add(policy->program, policy->arena, programs, &count, err))
        return false;
    chain_trust(&reach, policy->arena, programs, 0, &count);
    LIST_FOREACH (profile->grants, const struct profile_path, grant) {
        struct error missing;
        size_t from = count;
        if (!(grant->access & PROFILE_EXECUTE) || !grant->is_file)
            continue;
        if (!chain_add(grant->path, policy->arena, programs, &count, &missing))
            programs[--count] = NULL; /* not there: nothing to run */
        chain_trust(&reach, policy->arena, programs, from, &count);
    }
    *out = programs;
    return true;
}

static bool consent_ask(const struct policy *policy)
{
    static const char *const asked[] = { "nothing of", "reading", "writing to", "full use of" };
    char answer[16] = "";
    (void)fprintf(stderr, "profile %s asks for %s %s\nallow it for this run? [y/N] ",
                  text_escape(policy->profile->name, policy->arena),
                  asked[policy->profile->workdir],
                  text_escape(policy->options.workdir, policy->arena));
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool consent_get(struct policy *policy, struct error *err)
{
    if (policy->profile->workdir == PROFILE_WORKDIR_NONE || policy->options.allow_workdir)
        return true;
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant)
        if (grant->origin.level == PROFILE_FROM_USER &&
            strcmp(grant->path, policy->options.workdir) == 0)
            return true; /* said on the command line */
    if (policy->options.dry_run)
        return true;
    if (policy->options.silent || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        error_set(err, DENIED, "profile %s asks for the working folder %s", policy->profile->name,
                  policy->options.workdir);
        return error_hint(err, "--allow-cwd grants it; --workdir DIR takes another");
    }
    policy->options.allow_workdir = consent_ask(policy);
    return true;
}

/* A link to the working folder that a former run may have left: as of any other grant. */
static bool workdir_check(const struct policy *policy, struct error *err)
{
    const struct path_ops *ops = confine_path_ops();
    const char *named = policy->options.workdir_named;
    struct path_found found;
    if (!named)
        return true;
    if (!ops->look(ops->context, named, policy->arena, &found, err))
        return error_prefix(err, "--workdir");
    const struct list reach = reach_of(policy);
    const char *folder = reach_led_out_of(&reach, &found);
    if (!folder)
        return true;
    error_set(
        err, DENIED,
        "--workdir: %s leads by a symbolic link in %s, which may be written, to %s outside of "
        "it",
        named, folder, found.path);
    return error_hint(err, "name the folder itself, if that is what is meant");
}

static bool caps_make(struct policy *policy, struct error *err)
{
    struct caps_options options = {
        .workdir = policy->options.workdir,
        .allow_workdir = policy->options.allow_workdir,
    };
    if (policy->profile->execute_listed && !programs_list(policy, &options.programs, err))
        return false;
    return caps_of_profile(policy->profile, &options, &policy->caps, &policy->notes, err) &&
           protect_own_folders(policy->caps, policy->arena, err) && workdir_check(policy, err) &&
           protect_policy_files(policy->caps, policy->profile, err) &&
           protect_later_policy(policy->caps, &policy->env, policy->arena, err) &&
           protect_allow_terminal(policy->caps, err);
}

bool policy_load(const char *name, const char *path, struct policy *out, struct error *err)
{
    CLEANUP(policy_clear) struct policy policy = { .arena = arena_new(), .program = path };
    if (!sandbox_options_read(policy.arena, &policy.options, err) ||
        !profiles_env(policy.options.workdir, policy.arena, &policy.env, err) ||
        !profile_find(&policy, name, err))
        return false;
    if (name && (!profile_check_command(policy.profile, name, err) || !consent_get(&policy, err)))
        return false;
    if (!caps_make(&policy, err))
        return false;
    *out = policy;
    policy = (struct policy){ 0 };
    return true;
}

static struct list names_allowed(const struct policy *policy)
{
    const struct list *listed = &policy->profile->allow_variables;
    const char *const *named = policy->options.environment;
    size_t count = 0;
    while (named[count])
        count++;
    const char **names = ARENA_ARRAY(policy->arena, const char *, listed->count + count + 1);
    count = 0;
    LIST_FOREACH (*listed, const char *, name)
        names[count++] = *name;
    while (*named)
        names[count++] = *named++;
    return (struct list){ .items = names, .count = count };
}

static struct environment_value entry_split(const char *entry, struct arena *arena)
{
    size_t len = strcspn(entry, "=");
    return (struct environment_value){ arena_strndup(arena, entry, len), entry + len + 1 };
}

static struct list values_set(const struct policy *policy, const char *const *entries,
                              const struct list *values)
{
    const struct list *own = &policy->profile->set_variables;
    size_t count = 0;
    while (entries && entries[count])
        count++;
    struct environment_value *set = ARENA_ARRAY(policy->arena, struct environment_value,
                                                own->count + count + values->count + 1);
    count = 0;
    LIST_FOREACH (*own, const struct profile_variable, value)
        set[count++] = (struct environment_value){ value->name, value->value };
    LIST_FOREACH (*values, const struct environment_value, value)
        set[count++] = *value;
    for (; entries && *entries; entries++)
        set[count++] = entry_split(*entries, policy->arena);
    return (struct list){ .items = set, .count = count };
}

const char **policy_environment(const struct policy *policy, const char *const *entries,
                                const struct list *values)
{
    struct environment_rules rules = {
        .only_allowed = policy->profile->environment_allowed,
        .allow = names_allowed(policy),
        .deny = policy->profile->deny_variables,
        .set = values_set(policy, entries, values),
        .workdir = policy->options.workdir,
        .proxies = policy->caps->network == NONO_NETWORK_OPEN,
    };
    size_t dropped;
    return environment_make(&rules, (const char *const *)environ, policy->arena, &dropped);
}

const char *policy_digest(const struct policy *policy)
{
    struct doc *doc = profile_print_rules(policy->profile, policy->arena);
    const char *text = json_print(doc, JSON_COMPACT_SORTED, policy->arena);
    char *hex = arena_alloc(policy->arena, 1, SHA256_TEXT);
    sha256_hex(text, strlen(text), hex);
    return hex;
}
