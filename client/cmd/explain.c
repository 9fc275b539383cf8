#include "client/cmd/explain.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cmd/program_state.h"
#include "lib/base/files.h"
#include "lib/base/record.h"
#include "lib/base/text.h"
#include "sandbox/linux/interpreter.h"
#include "sandbox/policy/plan.h"

static const struct {
    unsigned bit;
    const char *name;
} access_names[] = {
    { NONO_READ, "read" },
    { NONO_WRITE, "write" },
    { NONO_EXECUTE, "execute" },
    { NONO_DEVICE, "ioctl" },
};

const char *explain_access(unsigned access, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < COUNT(access_names); i++)
        if (access & access_names[i].bit)
            text = arena_printf(arena, "%s%s%s", text, *text ? "+" : "", access_names[i].name);
    return *text ? text : "nothing";
}

static void explain_network(const struct policy *policy, FILE *stream)
{
    const struct nono_caps *caps = policy->caps;
    static const char *const networks[] = {
        [NONO_NETWORK_BLOCKED] = "none",
        [NONO_NETWORK_OPEN] = "open, not filtered",
        [NONO_NETWORK_PROXY] = "through the proxy, to these hosts:",
    };
    (void)fprintf(stream, "network: %s\n", networks[caps->network]);
    for (size_t i = 0; caps->network == NONO_NETWORK_PROXY && i < caps->allowed.count; i++)
        (void)fprintf(stream, "  %s\n", text_escape(caps->allowed.items[i], policy->arena));
    for (size_t i = 0; caps->network == NONO_NETWORK_PROXY && i < caps->denied.count; i++)
        (void)fprintf(stream, "  never %s\n", text_escape(caps->denied.items[i], policy->arena));
}

static void explain_held(const struct confine_report *report, FILE *stream)
{
    (void)fprintf(stream, "held by: Landlock ABI %d (%zu rules), seccomp", report->landlock_abi,
                  report->rules);
    if (report->held & NONO_HELD_DENY_MOUNTS)
        (void)fprintf(stream, ", mounts over %zu denied paths", report->denied);
    if (report->held & NONO_HELD_DENY_SPLIT)
        (void)fprintf(stream, ", siblings of %zu denied paths", report->denied);
    (void)fputc('\n', stream);
    for (size_t i = 0; i < report->missing_count; i++)
        (void)fprintf(stream, "not held: %s\n", report->missing[i]);
}

/* Whether what a pattern could match lies in a tree of the plan. Its fixed part tells where. */
static bool pattern_reaches(const struct plan *plan, const char *pattern, struct arena *arena)
{
    const struct path_ops *ops = confine_path_ops();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct error ignored;
    size_t len = strcspn(pattern, "*");
    while (len > 1 && pattern[len - 1] != '/')
        len--;
    const char *root = arena_strndup(arena, pattern, len);
    if (!ops->resolve(ops->context, root, arena, &found, &ignored))
        return true; /* nobody knows */
    for (size_t i = 0; i < plan->node_count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (node->is_dir &&
            (path_within(found.path, node->path) || path_below(node->path, found.path)))
            return true;
    }
    return false;
}

const char *explain_pattern(const struct policy *policy, const struct confinement *confinement,
                            const char *path)
{
    LIST_FOREACH (policy->profile->denies, const struct profile_path, deny)
        if (deny->is_glob && (!path || text_glob(deny->path, path)) &&
            pattern_reaches(confine_plan(confinement), deny->path, policy->arena))
            return deny->written ? deny->written : deny->path;
    return NULL;
}

void explain_report(const struct policy *policy, const struct confinement *confinement,
                    struct confine_report *out)
{
    confine_report(confinement, out);
    if (explain_pattern(policy, confinement, NULL) && out->missing_count < CONFINE_MISSING_MAX)
        out->missing[out->missing_count++] = "a denied pattern for files that come to match it";
}

void explain_confinement(const struct policy *policy, const struct confinement *confinement,
                         FILE *stream)
{
    struct arena *arena = policy->arena;
    const struct plan *plan = confine_plan(confinement);
    struct confine_report report;
    explain_report(policy, confinement, &report);
    (void)fprintf(stream, "profile: %s\nfiles:\n", text_escape(policy->profile->name, arena));
    for (size_t i = 0; i < plan->node_count; i++) {
        (void)fprintf(stream, "  %-18s %s%s  (%s)\n", explain_access(plan->nodes[i].access, arena),
                      text_escape(plan->nodes[i].path, arena), plan->nodes[i].is_dir ? "/" : "",
                      text_escape(plan->nodes[i].source, arena));
    }
    for (size_t i = 0; i < plan->mask_count; i++) {
        unsigned denied = plan->masks[i].access;
        (void)fprintf(stream, "  no %-15s %s  (%s)\n",
                      denied == NONO_ALL ? "access" : explain_access(denied, arena),
                      text_escape(plan->masks[i].path, arena),
                      text_escape(plan->masks[i].source, arena));
    }
    for (size_t i = 0; i < plan->skipped_count; i++) {
        const char *what =
            program_state_over(policy, plan->skipped[i]->path) ? "to be made" : "not there";
        (void)fprintf(stream, "  %-18s %s  (%s)\n", what,
                      text_escape(plan->skipped[i]->path, arena),
                      text_escape(plan->skipped[i]->source, arena));
    }
    explain_network(policy, stream);
    explain_held(&report, stream);
}

const char *explain_bypass(const struct policy *policy, const char *path, const char *source)
{
    const struct path_ops *ops = confine_path_ops();
    LIST_FOREACH (policy->profile->denies, const struct profile_path, deny) {
        CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
        struct error ignored;
        if (deny->origin.level == PROFILE_FROM_GROUP && !deny->is_glob && deny->path &&
            deny->origin.name && strcmp(deny->origin.name, source) == 0 &&
            ops->resolve(ops->context, deny->path, policy->arena, &found, &ignored) &&
            strcmp(found.path, path) == 0)
            return deny->path;
    }
    return NULL;
}

/* Who grants a path and sees the program fail on it looks for the fault in the program. */
static void void_grant_tell(const struct policy *policy, const struct plan *plan,
                            const struct profile_path *grant)
{
    const struct path_ops *ops = confine_path_ops();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct error ignored;
    if (!ops->resolve(ops->context, grant->path, policy->arena, &found, &ignored))
        return;
    for (size_t i = 0; i < plan->mask_count; i++) {
        const struct plan_mask *mask = &plan->masks[i];
        if (!path_within(found.path, mask->path))
            continue;
        const char *bypass = explain_bypass(policy, mask->path, mask->source);
        if (!bypass)
            continue;
        (void)fprintf(stderr, "nono: %s %s: %s denies it; --bypass-protection %s would lift that\n",
                      grant->origin.name, text_escape(grant->written, policy->arena), mask->source,
                      text_escape(bypass, policy->arena));
        return;
    }
}

static void void_grants_tell(const struct policy *policy, const struct plan *plan)
{
    LIST_FOREACH (policy->profile->grants, const struct profile_path, grant)
        if (grant->origin.level == PROFILE_FROM_USER)
            void_grant_tell(policy, plan, grant);
}

/* The access that a profile wants to the working folder, but that no grant gives. */
static unsigned workdir_lacks(const struct policy *policy, const struct plan *plan)
{
    unsigned lacks = policy->notes.workdir_wanted;
    for (size_t i = 0; i < plan->node_count; i++)
        if (path_within(policy->options.workdir, plan->nodes[i].path))
            lacks &= ~plan->nodes[i].access;
    return lacks;
}

void explain_shortfalls(const struct policy *policy, const struct confinement *confinement)
{
    const struct plan *plan = confine_plan(confinement);
    struct confine_report report;
    confine_report(confinement, &report);
    const bool *open = policy->caps->scope_open; /* what a profile opens is no shortfall */
    bool weak = (!(report.held & NONO_HELD_SIGNALS) && !open[NONO_SCOPE_SIGNAL]) ||
                (!(report.held & NONO_HELD_ABSTRACT) && !open[NONO_SCOPE_ABSTRACT_SOCKET]);
    for (size_t i = 0; weak && i < report.missing_count; i++)
        (void)fprintf(stderr, "nono: this kernel does not hold: %s\n", report.missing[i]);
    if (plan->hard_linked)
        (void)fprintf(stderr, "nono: %s is denied, but has other names (hard links)\n",
                      text_escape(plan->hard_linked, policy->arena));
    const char *pattern = explain_pattern(policy, confinement, NULL);
    if (pattern) {
        (void)fprintf(stderr,
                      "nono: a denied pattern, as %s, holds for what matches it now, not for what "
                      "is made during the run\n",
                      text_escape(pattern, policy->arena));
    }
    void_grants_tell(policy, plan);
    if (workdir_lacks(policy, plan))
        (void)fprintf(stderr, "nono: without the working folder that the profile asks for\n");
}

static const char *flag_for(unsigned access, bool is_folder, struct arena *arena, const char *path)
{
    bool reads = access & (NONO_READ | NONO_EXECUTE), writes = access & NONO_WRITE;
    const char *verb = "--read";
    if (writes)
        verb = reads ? "--allow" : "--write";
    return arena_printf(arena, "%s%s %s", verb, is_folder ? "" : "-file", path);
}

/* A flag names what is there: for what is not, the nearest folder around it. "/" is no advice, nor
 * is a flag for what is closed to its user. */
static const char *path_flag(const char *path, unsigned access, struct arena *arena)
{
    const struct path_ops *ops = confine_path_ops();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct error ignored;
    if (!ops->resolve(ops->context, path, arena, &found, &ignored) || found.closed)
        return NULL;
    if (found.exists)
        return flag_for(access, found.is_dir, arena, found.by_process ? found.path : path);
    size_t len = found.known;
    while (len && found.path[len - 1] == '/')
        len--;
    return len ? flag_for(access, !found.below_file, arena, arena_strndup(arena, found.path, len))
               : NULL;
}

void explain_denied(const struct policy *policy, const struct query_result *result,
                    const char *path, unsigned access, struct explain_denial *out)
{
    struct arena *arena = policy->arena;
    *out = (struct explain_denial){ "no grant covers it", NULL, "" };
    if (result->reason == NONO_REASON_FILESYSTEM_DENY) {
        const char *bypass = explain_bypass(policy, result->path, result->source);
        out->details = arena_printf(arena, "%s denies %s", result->source, result->path);
        out->flag = bypass ? arena_printf(arena, "--bypass-protection %s", bypass) : NULL;
        out->flag_beside = bypass ? ", beside a grant," : "";
        return;
    }
    /* where a profile lists what runs, no flag adds to that */
    if (!(access & NONO_EXECUTE) || !policy->profile->execute_listed)
        out->flag = path_flag(path, access, arena);
    if (result->path)
        out->details = arena_printf(arena, "%s grants %s to %s only", result->source,
                                    explain_access(result->granted, arena), result->path);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* What runs a file; NULL when it runs by itself. */
static const char *interpreter_path(const struct policy *policy, const char *file)
{
    char next[PATH_MAX];
    bool is_program;
    struct error ignored;
    if (!interpreter_find(file, next, &is_program, &ignored) || !next[0])
        return NULL;
    return next[0] == '/' ? arena_strndup(policy->arena, next, strlen(next))
                          : path_join(policy->arena, policy->options.workdir, next);
}

/* exec(2) says of a program that it is not there when it means what runs it. */
static const char *interpreter_missing(const struct policy *policy)
{
    const char *path = policy->program;
    for (size_t i = 0; path && i < INTERPRETERS_MAX; i++) {
        if (!is_file(path))
            return i ? path : NULL;
        path = interpreter_path(policy, path);
    }
    return NULL;
}

const char *explain_interpreter(const struct policy *policy, const struct confinement *confinement,
                                const char *path, struct query_result *out)
{
    struct error ignored;
    for (size_t i = 0; i < INTERPRETERS_MAX; i++) {
        path = is_file(path) ? interpreter_path(policy, path) : NULL;
        if (!path || !is_file(path) ||
            !query_path(confine_plan(confinement), confine_path_ops(), path,
                        NONO_READ | NONO_EXECUTE, out, &ignored))
            return NULL;
        if (!out->allowed)
            return path;
    }
    return NULL;
}

/* Where the program itself is what was refused, its interpreter is the next question. */
static const char *interpreter_hint(const struct policy *policy,
                                    const struct confinement *confinement)
{
    const unsigned run = NONO_READ | NONO_EXECUTE;
    struct query_result result;
    struct explain_denial denial;
    struct error ignored;
    if (!query_path(confine_plan(confinement), confine_path_ops(), policy->program, run, &result,
                    &ignored) ||
        !result.allowed)
        return NULL;
    const char *interpreter = explain_interpreter(policy, confinement, policy->program, &result);
    if (!interpreter)
        return NULL;
    explain_denied(policy, &result, interpreter, run, &denial);
    return arena_printf(policy->arena, "its interpreter %s: %s; %s%s would allow it", interpreter,
                        denial.details, denial.flag ? denial.flag : "a profile",
                        denial.flag_beside);
}

bool explain_refused_program(const struct policy *policy, const struct confinement *confinement,
                             struct error *err)
{
    if (err->kind == ERROR_NOT_FOUND && !err->hint[0]) {
        const char *missing = interpreter_missing(policy);
        return missing ? error_hint(err, "its interpreter %s is not there", missing) : false;
    }
    if (err->kind != ERROR_DENIED || err->hint[0])
        return false;
    const char *hint = interpreter_hint(policy, confinement);
    if (hint && strlen(hint) < sizeof(err->hint)) /* a path that is cut is no advice */
        return error_hint(err, "%s", hint);
    const char *profile = policy->options.profile ? policy->options.profile : policy->profile->name;
    return error_hint(err, "the sandbox may forbid it: nono why --profile %s --op execute %s",
                      profile, policy->program);
}
