/* Options of the original that this version cannot hold: known, so that nobody runs with less than
 * they asked for and believes otherwise. */
#include "client/cmd/sandbox_refused.h"

#include "lib/base/env.h"
#include "lib/base/record.h"

static int opt_refused[64];

/* clang-format off */
#define FLAG(index, name)  { name, '\0', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &opt_refused[index], 0, NULL, NULL }
/* POPT_ARG_VAL would not take the value that follows. */
#define VALUE(index, name) { name, '\0', POPT_ARG_ARGV | POPT_ARGFLAG_DOC_HIDDEN, &opt_values[index], 0, NULL, NULL }

static const char **opt_values[64];

const struct poptOption sandbox_refused_table[] = {
    VALUE(0, "allow-unix-socket"), VALUE(1, "allow-unix-socket-bind"), VALUE(2, "allow-unix-socket-dir"),
    VALUE(3, "allow-unix-socket-dir-bind"), VALUE(4, "allow-unix-socket-subtree"),
    VALUE(5, "allow-unix-socket-subtree-bind"), VALUE(6, "network-profile"), VALUE(7, "listen-port"),
    VALUE(8, "allow-bind"), VALUE(9, "open-port"), VALUE(10, "allow-port"), VALUE(11, "allow-connect-port"),
    VALUE(12, "upstream-proxy"), VALUE(13, "external-proxy"), VALUE(14, "upstream-bypass"), VALUE(15, "proxy-port"),
    VALUE(16, "proxy-ca-validity"), VALUE(17, "credential"), VALUE(18, "proxy-credential"),
    VALUE(19, "allow-endpoint"), VALUE(20, "env-credential"), VALUE(21, "env-credential-map"),
    VALUE(22, "allow-command"), VALUE(23, "block-command"), VALUE(24, "config"), VALUE(25, "sandbox-policy"),
    VALUE(26, "memory"), VALUE(27, "max-processes"), VALUE(28, "detach-timeout"), VALUE(29, "rollback-exclude"),
    VALUE(30, "rollback-include"), VALUE(31, "skip-dir"), VALUE(32, "rollback-dest"), VALUE(33, "startup-timeout"),
    VALUE(34, "audit-sign-key"), VALUE(35, "suppress-save-prompt"), VALUE(36, "ignore-denied"),
    VALUE(37, "theme"), VALUE(38, "log-file"),
    FLAG(0, "trust-proxy-ca"), FLAG(1, "allow-launch-services"), FLAG(2, "allow-gpu"), FLAG(3, "allow-http2"),
    FLAG(4, "detached"), FLAG(5, "rollback"), FLAG(6, "no-rollback-prompt"), FLAG(7, "no-rollback"),
    FLAG(8, "rollback-all"), FLAG(9, "no-diagnostics"), FLAG(10, "diagnostics-json"), FLAG(11, "no-audit-integrity"),
    FLAG(12, "audit-integrity"), FLAG(13, "trust-override"), FLAG(14, "capability-elevation"),
    POPT_TABLEEND,
};
/* clang-format on */

/* What stands for such an option in the environment. */
static const char *const variables[] = {
    "NONO_NETWORK_PROFILE", "NONO_UPSTREAM_PROXY",       "NONO_UPSTREAM_BYPASS",
    "NONO_TRUST_PROXY_CA",  "NONO_CREDENTIAL",           "NONO_ENV_CREDENTIAL",
    "NONO_TRUST_OVERRIDE",  "NONO_CAPABILITY_ELEVATION",
};

static bool refuse(const char *dashes, const char *name, struct error *err)
{
    error_set(err, UNSUPPORTED, "%s%s is not something this version can do yet", dashes, name);
    return error_hint(err, "leave it out, or see docs/run.md for what there is");
}

bool sandbox_refused_check(struct error *err)
{
    for (const struct poptOption *option = sandbox_refused_table; option->longName; option++) {
        bool is_flag = (option->argInfo & POPT_ARG_MASK) == POPT_ARG_NONE;
        bool given =
            is_flag ? *(const int *)option->arg != 0 : *(const char **const *)option->arg != NULL;
        if (given)
            return refuse("--", option->longName, err);
    }
    for (size_t i = 0; i < COUNT(variables); i++) {
        const char *value = env_get(variables[i]);
        if (value && value[0])
            return refuse("$", variables[i], err);
    }
    return true;
}
