#include "client/cmd/explain.h"

#include "lib/base/record.h"
#include "lib/base/text.h"
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

void explain_confinement(const struct policy *policy, const struct confinement *confinement,
                         FILE *stream)
{
    struct arena *arena = policy->arena;
    const struct plan *plan = confine_plan(confinement);
    struct confine_report report;
    confine_report(confinement, &report);
    (void)fprintf(stream, "profile: %s\nfiles:\n", policy->profile->name);
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
        (void)fprintf(stream, "  not there          %s  (%s)\n",
                      text_escape(plan->skipped[i]->path, arena),
                      text_escape(plan->skipped[i]->source, arena));
    }
    explain_network(policy, stream);
    explain_held(&report, stream);
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
    if (policy->notes.patterns && policy->options.verbose) {
        (void)fprintf(stderr,
                      "nono: %zu denied patterns hold for the files that are there now, not for "
                      "those made later\n",
                      policy->notes.patterns);
    }
    if (policy->notes.workdir_wanted)
        (void)fprintf(stderr, "nono: without the working folder that the profile asks for\n");
}

bool explain_refused_program(const struct policy *policy, struct error *err)
{
    if (err->kind != ERROR_DENIED || err->hint[0])
        return false;
    return error_hint(err, "the sandbox may forbid it: nono why --profile %s --op execute %s",
                      policy->profile->name, policy->program);
}
