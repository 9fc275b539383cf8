#include "sandbox/run/run.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "client/cmd/explain.h"
#include "client/cmd/hooks.h"
#include "client/cmd/policy.h"
#include "client/cmd/program_state.h"
#include "client/cmd/protect.h"
#include "client/cmd/refusals.h"
#include "client/cmd/sandbox_options.h"
#include "client/cmd/snapshot.h"
#include "lib/base/signals.h"
#include "lib/base/xdg.h"

static char *opt_name, *opt_snapshot;
static int opt_no_audit;

static const struct poptOption options[] = {
    SANDBOX_OPTIONS,
    { "snapshot", '\0', POPT_ARG_STRING, &opt_snapshot, 0,
      "take a snapshot of the working folder first", "NAME" },
    { "no-audit", '\0', POPT_ARG_NONE, &opt_no_audit, 0, "keep no record of this run", NULL },
    { "name", '\0', POPT_ARG_STRING, &opt_name, 0, "what to call the run in its record", "NAME" },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* What a run is made of. */
struct run {
    char program[PATH_MAX];
    struct policy policy;
    const char *state;
    struct audit *audit;
    struct refusals refusals;
    struct run_proxy *proxy;
    struct confinement *confinement;
    const char *snapshot_root;
    struct hook_result hook;
    int signal; /* that ended the program, or 0 */
};

static void run_clear(struct run *run)
{
    confine_free(run->confinement);
    run_proxy_free(run->proxy);
    audit_free(run->audit);
    policy_clear(&run->policy);
}

static bool proxy_make(struct run *run, struct confine_options *confine, struct error *err)
{
    const struct nono_caps *caps = run->policy.caps;
    if (caps->network != NONO_NETWORK_PROXY)
        return true;
    char path[PATH_MAX];
    struct proxy_policy policy = {
        .allow_hosts = { .items = caps->allowed.items, .count = caps->allowed.count },
        .deny_hosts = { .items = caps->denied.items, .count = caps->denied.count },
    };
    struct run_proxy_config config = {
        .program = path,
        .policy = &policy,
        .report = refusals_note,
        .context = &run->refusals,
    };
    run->refusals = (struct refusals){ .arena = run->policy.arena, .audit = run->audit };
    if (!command_helper_path("nono-proxy", path, sizeof(path), err) ||
        !run_proxy_new(&config, &run->proxy, err))
        return false;
    run_confine_network(run->proxy, confine);
    return true;
}

static bool snapshot_take(struct run *run, struct error *err)
{
    if (!opt_snapshot)
        return true;
    const char *own[] = { NULL, NULL, NULL, NULL, NULL };
    for (int i = 0; i < XDG_COUNT; i++)
        if (!xdg_folder((enum xdg)i, run->policy.arena, &own[i], err))
            return false;
    struct snapshot_options snapshot = {
        .folder = run->policy.options.workdir,
        .name = opt_snapshot,
        .never = own,
        .keep = true, /* the point to return to is the first run's */
    };
    struct snapshot_result result;
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    if (!snapshot_store_open(run->state, &store, err) ||
        !snapshot_create(store, &snapshot, run->policy.arena, &result, err))
        return false;
    /* what is missing from the point to return to is told however quiet the run is to be */
    if (!run->policy.options.silent || result.snapshot.left_out)
        notes_print(&result.notes, run->policy.arena);
    if (!result.made)
        fprintf(stderr, "nono run: snapshot %s was taken before and is kept\n", opt_snapshot);
    run->snapshot_root = result.snapshot.root;
    return true;
}

/* A run that cannot be recorded does not start. */
static bool audit_make(struct run *run, struct error *err)
{
    bool off = opt_no_audit || run->policy.profile->audit_level == PROFILE_AUDIT_NONE;
    if (off || audit_open(run->state, &run->audit, err))
        return true;
    return error_hint(err, "--no-audit runs without a record");
}

static bool run_prepare(struct run *run, const char *name, struct error *err)
{
    struct confine_options confine = { .has_supervisor = true };
    if (!policy_load(name, run->program, &run->policy, err) ||
        !xdg_folder(XDG_STATE, run->policy.arena, &run->state, err))
        return false;
    confine.system_v_ipc = run->policy.profile->ipc == PROFILE_IPC_FULL;
    if (run->policy.options.dry_run) { /* changes nothing, asks for nothing outside */
        confine.dry_run = true;
        return confine_prepare(run->policy.caps, &confine, &run->confinement, err);
    }
    /* the snapshot first: what follows makes folders and placeholders, in the folder perhaps */
    if (!audit_make(run, err) || !snapshot_take(run, err) || !proxy_make(run, &confine, err))
        return false;
    program_state_make(&run->policy);
    protect_secrets_make(run->policy.caps, run->policy.arena);
    return confine_prepare(run->policy.caps, &confine, &run->confinement, err) &&
           hook_before(&run->policy, run->audit ? audit_id(run->audit) : "", &run->hook, err);
}

/* Done while the program is on its way: neither waits for the other. */
static void run_describe(void *context, struct audit_start *start)
{
    struct run *run = context;
    struct confine_report report;
    explain_report(&run->policy, run->confinement, &report);
    start->policy = policy_digest(&run->policy);
    start->enforced = run_enforced(&report, run->policy.caps->network, run->policy.arena);
}

static bool run_start(struct run *run, const char **operands, int *status, struct error *err)
{
    signals_outlive_readers();
    const struct nono_caps *caps = run->policy.caps;
    const struct list hosts = { .items = caps->allowed.items, .count = caps->allowed.count };
    const char *const *proxied =
        run->proxy ? run_proxy_environment(&hosts, run->policy.arena) : NULL;
    struct audit_start start = {
        .command = operands,
        .program = run->policy.program,
        .workdir = run->policy.options.workdir,
        .profile = run->policy.profile->name,
        .name = opt_name,
        .snapshot = opt_snapshot,
        .snapshot_root = run->snapshot_root,
    };
    struct run_spec spec = {
        .confinement = run->confinement,
        .program = run->policy.program,
        .argv = operands,
        .workdir = run->policy.options.workdir,
        .audit = run->audit,
        .start = &start,
        .describe = run_describe,
        .context = run,
        .proxy = run->proxy,
        .envp = policy_environment(&run->policy, proxied, &run->hook.values),
    };
    bool ok = run_watch(&spec, status, &run->signal, err);
    if (!run->policy.options.silent)
        refusals_tell(&run->refusals, stderr);
    if (!ok && *status == RUN_EXIT_EXEC)
        explain_refused_program(&run->policy, run->confinement, err);
    const char *session = run->audit ? audit_id(run->audit) : "";
    run->hook.signal = hook_after(&run->policy, session, *status, &run->hook);
    return ok;
}

static bool run_program(struct run *run, const char **operands, int *status, struct error *err)
{
    if (!operands[0])
        return error_set(err, INVALID, "no program was named");
    if (!sandbox_options_program(operands[0], run->program, status, err))
        return false;
    if (!run_prepare(run, operands[0], err)) {
        bool machine = err->kind == ERROR_INTERNAL; /* what was asked for is not to blame */
        *status = run->hook.ran || machine ? RUN_EXIT_SETUP : 0;
        return false;
    }
    if (run->policy.options.dry_run || run->policy.options.verbose)
        explain_confinement(&run->policy, run->confinement,
                            run->policy.options.dry_run ? stdout : stderr);
    if (!run->policy.options.silent)
        explain_shortfalls(&run->policy, run->confinement);
    if (run->policy.options.dry_run) {
        *status = 0;
        return true;
    }
    return run_start(run, operands, status, err);
}

/*
 * By a signal that was held back for a hook's sake, or that ended the program: what a shell does in
 * a loop or a script when somebody presses Ctrl-C depends on how the command ended, and one that
 * exits has dealt with it. $? is the same.
 */
static void end_by(int signal)
{
    const struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal);
    (void)sigaction(signal, &action, NULL);
    (void)fflush(NULL);
    (void)kill(getpid(), signal);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* What a run was made of goes with the process, which is quicker than giving it back in pieces. One
 * that failed may have left something on the disk. */
static bool run_run(const char **operands, int *status, struct error *err)
{
    static struct run run;
    bool ok = run_program(&run, operands, status, err);
    if (!ok)
        run_clear(&run);
    if (run.hook.signal)
        end_by(run.hook.signal);
    if (ok && run.signal == SIGINT)
        end_by(SIGINT);
    return ok;
}

const struct command command_run = {
    .name = "run",
    .args = "[--] PROGRAM [ARGUMENTS]",
    .summary = "run a program in a sandbox",
    .examples = EXAMPLES("nono run --profile acme/web -- claude",
                         "nono run --allow . --allow-domain api.github.com -- ./build.sh"),
    .options = options,
    .options_first = true,
    .run = run_run,
};
