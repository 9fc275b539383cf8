#include <limits.h>
#include <stdio.h>

#include "client/cmd/commands.h"
#include "client/cmd/explain.h"
#include "client/cmd/policy.h"
#include "client/cmd/program_state.h"
#include "client/cmd/protect.h"
#include "client/cmd/sandbox_options.h"
#include "sandbox/run/run.h"

static const struct poptOption options[] = { SANDBOX_OPTIONS_ALONE, POPT_AUTOHELP POPT_TABLEEND };

/* Without a process outside there is nobody to do these. */
static bool wrap_check(const struct policy *policy, struct error *err)
{
    const struct profile_overrides *overrides = &policy->options.overrides;
    const char *what = NULL;
    if (*overrides->allow_hosts || *overrides->deny_hosts) {
        bool allow = *overrides->allow_hosts;
        error_set(err, UNSUPPORTED, "--%s %.128s: named hosts need the proxy, which is outside",
                  allow ? "allow-domain" : "deny-domain",
                  allow ? *overrides->allow_hosts : *overrides->deny_hosts);
        return error_hint(err, "nono run has it");
    }
    if (policy->caps->network == NONO_NETWORK_PROXY)
        what = "named hosts, which need the proxy";
    else if (policy->profile->hook_before.script || policy->profile->hook_after.script)
        what = "session hooks";
    if (!what)
        return true;
    error_set(err, UNSUPPORTED, "profile %s asks for %s", policy->profile->name, what);
    return error_hint(err, "nono run has them");
}

static bool wrap_run(const char **operands, int *status, struct error *err)
{
    char program[PATH_MAX];
    CLEANUP(policy_clear) struct policy policy = { 0 };
    CLEANUP(confine_freep) struct confinement *confinement = NULL;
    if (!operands[0])
        return error_set(err, INVALID, "no program was named");
    if (!sandbox_options_program(operands[0], program, status, err))
        return false;
    if (!policy_load(operands[0], program, &policy, err) || !wrap_check(&policy, err))
        return false;
    struct confine_options confine = {
        .system_v_ipc = policy.profile->ipc == PROFILE_IPC_FULL,
        .dry_run = policy.options.dry_run,
    };
    if (!policy.options.dry_run) {
        program_state_make(&policy);
        protect_secrets_make(policy.caps, policy.arena);
    }
    if (!confine_prepare(policy.caps, &confine, &confinement, err))
        return false;
    if (policy.options.dry_run || policy.options.verbose)
        explain_confinement(&policy, confinement, policy.options.dry_run ? stdout : stderr);
    if (!policy.options.silent)
        explain_shortfalls(&policy, confinement);
    if (policy.options.dry_run)
        return true;
    const struct list nothing = { 0 };
    struct run_spec spec = {
        .confinement = confinement,
        .program = program,
        .argv = operands,
        .envp = policy_environment(&policy, NULL, &nothing),
        .workdir = policy.options.workdir,
    };
    return run_replace(&spec, status, err);
}

const struct command command_wrap = {
    .name = "wrap",
    .args = "[--] PROGRAM [ARGUMENTS]",
    .summary = "become a program in a sandbox, without a process outside",
    .examples = EXAMPLES("nono wrap --profile acme/web -- make test",
                         "nono wrap --read . -- grep -r password ."),
    .options = options,
    .options_first = true,
    .run = wrap_run,
};
