#include "sandbox/platform/confine.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/linux/features.h"
#include "sandbox/linux/hygiene.h"
#include "sandbox/linux/landlock.h"
#include "sandbox/linux/mounts.h"
#include "sandbox/linux/namespaces.h"
#include "sandbox/linux/paths.h"
#include "sandbox/linux/placeholders.h"
#include "sandbox/linux/plain.h"
#include "sandbox/linux/seccomp.h"
#include "sandbox/policy/memory.h"
#include "sandbox/policy/plan.h"

struct confinement {
    struct plan plan; /* in whose arena it lies itself */
    struct placeholders placeholders;
    struct confine_options options;
    struct confine_report report;
    int ruleset;
    int namespaces; /* CLONE_NEW flags */
    pid_t planner;  /* whose /proc/self the plan has */
    struct seccomp_program program;
};

/* What a set asks that an older kernel lacks. Nothing of it is dropped in silence. */
static const struct {
    unsigned feature;
    const char *phrase;
} lacks[] = {
    { LANDLOCK_REFER, "moving files between folders (refused altogether)" },
    { LANDLOCK_TRUNCATE, "truncating files that may not be written" },
    { LANDLOCK_IOCTL, "ioctl on devices" },
    { LANDLOCK_SCOPES, "signals and abstract sockets to processes outside" },
};

static void report_missing(struct confine_report *report, const char *phrase)
{
    if (report->missing_count < CONFINE_MISSING_MAX)
        report->missing[report->missing_count++] = phrase;
}

static unsigned held_of(const struct plan *plan, unsigned features)
{
    const struct nono_caps *caps = plan->caps;
    unsigned held = NONO_HELD_FILES | NONO_HELD_SYSTEM_CALLS;
    if (caps->network != NONO_NETWORK_OPEN)
        held |= NONO_HELD_NETWORK;
    if (features & LANDLOCK_SCOPES && !caps->scope_open[NONO_SCOPE_SIGNAL])
        held |= NONO_HELD_SIGNALS;
    if (features & LANDLOCK_SCOPES && !caps->scope_open[NONO_SCOPE_ABSTRACT_SOCKET])
        held |= NONO_HELD_ABSTRACT;
    if (plan->has_overlap)
        held |= plan->method == PLAN_MOUNT ? NONO_HELD_DENY_MOUNTS : NONO_HELD_DENY_SPLIT;
    return held;
}

/* A mount is on what was there, and stays on that wherever it goes. */
static bool hides_by_mounts(const struct plan *plan)
{
    bool hides = false;
    for (size_t i = 0; i < plan->mask_count; i++)
        hides |= plan->masks[i].in_grant && plan->masks[i].access & NONO_READ;
    return hides && plan->method == PLAN_MOUNT;
}

static void report_missing_all(struct confine_report *report, const struct plan *plan,
                               unsigned features)
{
    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
        if (!(features & lacks[i].feature))
            report_missing(report, lacks[i].phrase);
    report_missing(report, "mode, owner, times and attributes of the user's own files");
    if (plan->caps->network == NONO_NETWORK_OPEN)
        report_missing(report, "programs outside that listen on Unix sockets (D-Bus, Docker): the "
                               "network is open");
    if (plan->hard_linked)
        report_missing(report, "a denied file by its other names (hard links)");
    if (hides_by_mounts(plan))
        report_missing(report, "a denied path, if what is there is replaced from outside");
    if (plan->has_absent)
        report_missing(report, "a denied path that is not there yet, if it is made from outside");
}

static void report_fill(struct confinement *confinement)
{
    struct confine_report *report = &confinement->report;
    const struct plan *plan = &confinement->plan;
    unsigned features = landlock_features(report->landlock_abi);
    report->landlock_errata = landlock_errata();
    report->held |= held_of(plan, features);
    report->rules = plan->node_count;
    report->skipped = plan->skipped_count;
    for (size_t i = 0; i < plan->mask_count; i++)
        report->denied += plan->masks[i].in_grant;
    report_missing_all(report, plan, features);
}

/* What is to be hidden must be there. */
static bool masks_exist(struct confinement *confinement, struct error *err)
{
    const struct plan *plan = &confinement->plan;
    if (confinement->options.dry_run)
        return true;
    if (confinement->options.has_supervisor)
        return placeholders_make(&confinement->plan, &confinement->placeholders, err);
    for (size_t i = 0; i < plan->mask_count; i++) {
        if (plan->masks[i].in_grant &&
            (!plan->masks[i].exists || placeholders_have(plan->masks[i].path))) {
            error_set(err, UNSUPPORTED,
                      "deny %s: it does not exist, and could be made in a tree that may be written",
                      plan->masks[i].path);
            return error_hint(err, "nono run can hold this; or make it first");
        }
    }
    return true;
}

/* /proc/self leads to whoever asks: what was found is ours, what is meant is the program's. */
static void own_mark(struct plan *plan, pid_t planner)
{
    for (size_t i = 0; i < plan->node_count; i++) {
        if (!path_is_of_process(plan->nodes[i].path))
            continue;
        const char *at = plan->nodes[i].path + strlen("/proc/");
        uint64_t pid = 0;
        for (; *at >= '0' && *at <= '9' && pid <= INT32_MAX; at++)
            pid = pid * 10 + (uint64_t)(*at - '0');
        if (pid == (uint64_t)planner && (*at == '/' || *at == '\0'))
            plan->nodes[i].own = at + (*at == '/');
    }
}

/* Every process has its own /proc/self, and most of it again for each of its threads: no path would
 * hold a deny in there. */
static bool own_is_given(const struct plan *plan, struct error *err)
{
    char own[32];
    int len = snprintf(own, sizeof(own), "/proc/%d", (int)getpid());
    for (size_t i = 0; i < plan->mask_count; i++) {
        const struct plan_mask *mask = &plan->masks[i];
        if (!mask->in_grant || !(mask->access & NONO_READ) || !path_within(mask->path, own))
            continue;
        error_set(err, UNSUPPORTED,
                  "%s denies /proc/self%s: every process has its own, and a grant leads there",
                  mask->source, mask->path + len);
        return error_hint(err, "deny all of /proc; or /proc/self, and grant no more of /proc");
    }
    return true;
}

static bool deny_is_held(struct confinement *confinement, struct error *err)
{
    struct plan *plan = &confinement->plan;
    if (!plan->has_overlap) /* nothing that is denied is granted */
        return true;
    if (!own_is_given(plan, err))
        return false;
    placeholders_spare(plan);
    if (!confinement->options.dry_run && !placeholders_keep_folders(plan, err))
        return false;
    if (confinement->options.no_mounts || !features_mount_namespace())
        return plan_hold(plan, PLAN_SPLIT, &linux_path_ops, err);
    confinement->namespaces |= CLONE_NEWNS;
    return masks_exist(confinement, err) && plan_hold(plan, PLAN_MOUNT, &linux_path_ops, err);
}

static bool network_is_held(struct confinement *confinement, struct error *err)
{
    if (confinement->plan.caps->network != NONO_NETWORK_PROXY)
        return true;
    return confinement->options.network_enter || confinement->options.dry_run ||
           error_set(err, UNSUPPORTED, "named hosts need a proxy outside: nono run has one");
}

static void program_build(struct confinement *confinement)
{
    const struct nono_caps *caps = confinement->plan.caps;
    unsigned features = landlock_features(confinement->report.landlock_abi);
    struct seccomp_options options = {
        .unix_sockets = features & LANDLOCK_UNIX_PATHS,
        .system_v_ipc = confinement->options.system_v_ipc,
    };
    static const enum seccomp_network networks[] = {
        [NONO_NETWORK_BLOCKED] = SECCOMP_NETWORK_CLOSED,
        [NONO_NETWORK_OPEN] = SECCOMP_NETWORK_OPEN,
        [NONO_NETWORK_PROXY] = SECCOMP_NETWORK_INET,
    };
    options.network = networks[caps->network];
    seccomp_build(&options, &confinement->program);
}

/* Takes over the plan; NULL without memory. */
static struct confinement *made_new(struct plan *plan)
{
    struct confinement *made = arena_try_alloc(plan->arena, 1, sizeof(*made));
    if (made) {
        made->plan = *plan;
        made->ruleset = -1;
        made->planner = getpid();
        *plan = (struct plan){ 0 };
    }
    return made;
}

bool confine_prepare(const struct nono_caps *caps, const struct confine_options *options,
                     struct confinement **out, struct error *err)
{
    int abi = landlock_abi();
    if (abi < 1)
        return error_set(err, UNSUPPORTED, "this kernel has no Landlock");
    CLEANUP(plain_cache_clear) struct plain_cache cache;
    plain_cache_init(&cache);
    struct path_ops ops = linux_path_ops;
    ops.context = &cache;
    CLEANUP(plan_clear) struct plan plan = { 0 };
    if (!plan_make(caps, &ops, &plan, err))
        return false;
    CLEANUP(confine_freep) struct confinement *made = made_new(&plan);
    if (!made)
        return memory_none(err);
    made->options = *options;
    made->report.landlock_abi = abi;
    if (!deny_is_held(made, err) || !network_is_held(made, err))
        return false;
    own_mark(&made->plan, made->planner);
    if (!landlock_build(&made->plan, made->report.landlock_abi, &made->ruleset, err))
        return false;
    program_build(made);
    report_fill(made);
    *out = STEAL(made);
    return true;
}

void confine_free(struct confinement *confinement)
{
    if (!confinement)
        return;
    placeholders_clear(&confinement->placeholders);
    closep(&confinement->ruleset);
    struct plan plan = confinement->plan;
    plan_clear(&plan);
}

void confine_entered(struct confinement *confinement)
{
    plan_close(&confinement->plan);
    closep(&confinement->ruleset);
    confinement->ruleset = -1;
}

void confine_clean(struct confinement *confinement)
{
    placeholders_clear(&confinement->placeholders);
}

const struct plan *confine_plan(const struct confinement *confinement)
{
    return &confinement->plan;
}

const struct path_ops *confine_path_ops(void)
{
    return &linux_path_ops;
}

void confine_report(const struct confinement *confinement, struct confine_report *out)
{
    *out = confinement->report;
}

bool confine_makes_namespaces(const struct confinement *confinement)
{
    return confinement->namespaces || confinement->plan.caps->network == NONO_NETWORK_PROXY;
}

static bool failed(struct confine_failure *failure, const char *step, int sys)
{
    if (sys)
        *failure = (struct confine_failure){ .step = step, .sys = sys };
    return sys != 0;
}

/* What needs privileges, or changes the mounts that Landlock will freeze. */
static bool namespaces_arrange(const struct confinement *confinement,
                               struct confine_failure *failure)
{
    const struct confine_options *options = &confinement->options;
    if (confinement->plan.caps->network == NONO_NETWORK_PROXY &&
        !options->network_enter(options->context, failure))
        return false;
    if (!confinement->namespaces)
        return true;
    return !failed(failure, "namespaces", namespaces_enter(confinement->namespaces)) &&
           !failed(failure, "mounts over denied paths", mounts_hide(&confinement->plan));
}

bool confine_enter(const struct confinement *confinement, struct confine_failure *failure)
{
    if (confinement->options.dry_run)
        return !failed(failure, "a dry run", EINVAL);
    if (!namespaces_arrange(confinement, failure))
        return false;
    if (failed(failure, "limits", limits_set()) || failed(failure, "privileges", privileges_drop()))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return !failed(failure, "no_new_privs", errno);
    const struct plan *plan = &confinement->plan;
    int abi = confinement->report.landlock_abi;
    bool planned = getpid() == confinement->planner && !confine_makes_namespaces(confinement);
    if (failed(failure, "/proc/self", landlock_add_own(plan, abi, confinement->ruleset, planned)) ||
        failed(failure, "landlock", landlock_enforce(confinement->ruleset)))
        return false;
    return !failed(failure, "seccomp", seccomp_enforce(&confinement->program));
}
