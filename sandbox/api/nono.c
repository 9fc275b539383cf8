/* nono.h over the policy and the platform. Functions and errors of the house become C's plainest.
 */
#include "sandbox/include/nono.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/linux/features.h"
#include "sandbox/platform/confine.h"
#include "sandbox/policy/caps.h"
#include "sandbox/policy/query.h"

static int code_of(enum error_kind kind, int sys)
{
    if (kind == ERROR_INVALID)
        return NONO_INVALID;
    if (kind == ERROR_UNSUPPORTED)
        return NONO_UNSUPPORTED;
    if (kind == ERROR_NOT_FOUND)
        return NONO_NOT_FOUND;
    return kind == ERROR_DENIED && !sys ? NONO_UNSAFE : NONO_SYSTEM;
}

static int finish(bool ok, const struct error *from, struct nono_error *to)
{
    if (ok)
        return NONO_OK;
    int code = code_of(from->kind, from->sys);
    if (to) {
        *to = (struct nono_error){ .code = code, .sys = from->sys };
        (void)snprintf(to->message, sizeof(to->message), "%.*s", (int)sizeof(to->message) - 1,
                       from->message);
    }
    return code;
}

static int invalid(struct nono_error *to, const char *what)
{
    struct error err;
    return finish(error_set(&err, INVALID, "%s", what), &err, to);
}

const char *nono_version(void)
{
    return NONO_VERSION;
}

struct nono_caps *nono_caps_new(void)
{
    return caps_new();
}

void nono_caps_free(struct nono_caps *caps)
{
    caps_free(caps);
}

int nono_caps_allow(struct nono_caps *caps, const char *path, unsigned access, unsigned flags,
                    struct nono_error *err)
{
    struct error why;
    if (!caps || !path)
        return invalid(err, "a set and a path are needed");
    return finish(caps_allow(caps, path, access, flags, NULL, &why), &why, err);
}

int nono_caps_allow_read(struct nono_caps *caps, const char *path, unsigned flags,
                         struct nono_error *err)
{
    return nono_caps_allow(caps, path, NONO_READ, flags, err);
}

int nono_caps_allow_write(struct nono_caps *caps, const char *path, unsigned flags,
                          struct nono_error *err)
{
    return nono_caps_allow(caps, path, NONO_WRITE, flags, err);
}

int nono_caps_allow_exec(struct nono_caps *caps, const char *path, unsigned flags,
                         struct nono_error *err)
{
    return nono_caps_allow(caps, path, NONO_EXECUTE, flags, err);
}

int nono_caps_deny(struct nono_caps *caps, const char *path, unsigned access,
                   struct nono_error *err)
{
    struct error why;
    if (!caps || !path)
        return invalid(err, "a set and a path are needed");
    return finish(caps_deny(caps, path, access, NULL, &why), &why, err);
}

int nono_caps_set_network(struct nono_caps *caps, enum nono_network mode, struct nono_error *err)
{
    if (!caps || mode < NONO_NETWORK_BLOCKED || mode > NONO_NETWORK_PROXY)
        return invalid(err, "a set and a network mode are needed");
    caps->network = mode;
    return NONO_OK;
}

int nono_caps_allow_host(struct nono_caps *caps, const char *host, struct nono_error *err)
{
    struct error why;
    if (!caps || !host)
        return invalid(err, "a set and a host are needed");
    return finish(caps_allow_host(caps, host, &why), &why, err);
}

int nono_caps_deny_host(struct nono_caps *caps, const char *host, struct nono_error *err)
{
    struct error why;
    if (!caps || !host)
        return invalid(err, "a set and a host are needed");
    return finish(caps_deny_host(caps, host, &why), &why, err);
}

int nono_caps_allow_scope(struct nono_caps *caps, enum nono_scope scope, struct nono_error *err)
{
    if (!caps || (scope != NONO_SCOPE_SIGNAL && scope != NONO_SCOPE_ABSTRACT_SOCKET))
        return invalid(err, "a set and a scope are needed");
    caps->scope_open[scope] = true;
    return NONO_OK;
}

const char *nono_reason_name(int reason)
{
    return query_reason_name(reason);
}

static void result_fill(const struct query_result *from, struct nono_result *to)
{
    to->allowed = from->allowed;
    to->reason = (int)from->reason;
    to->granted = from->granted;
    (void)snprintf(to->path, sizeof(to->path), "%s", from->path ? from->path : "");
}

int nono_query_path(const struct nono_caps *caps, const char *path, unsigned access,
                    struct nono_result *out, struct nono_error *err)
{
    if (!caps || !path || !out || out->size < sizeof(*out))
        return invalid(err, "a set, a path and a result with its size are needed");
    struct error why;
    struct query_result result;
    CLEANUP(plan_clear) struct plan plan = { 0 };
    const struct path_ops *ops = confine_path_ops();
    bool ok =
        plan_make(caps, ops, &plan, &why) && query_path(&plan, ops, path, access, &result, &why);
    if (ok)
        result_fill(&result, out);
    return finish(ok, &why, err);
}

int nono_query_host(const struct nono_caps *caps, const char *host, unsigned port,
                    struct nono_result *out, struct nono_error *err)
{
    if (!caps || !host || port > UINT16_MAX || !out || out->size < sizeof(*out))
        return invalid(err, "a set, a host, a port and a result with its size are needed");
    struct error why;
    struct query_result result;
    bool ok = query_host(caps, host, (uint16_t)port, &result, &why);
    if (ok)
        result_fill(&result, out);
    return finish(ok, &why, err);
}

int nono_support(struct nono_support *out, struct nono_error *err)
{
    if (!out || out->size < sizeof(*out))
        return invalid(err, "a result with its size is needed");
    struct features features;
    features_probe(&features);
    *out = (struct nono_support){
        .size = out->size,
        .landlock_abi = features.landlock_abi,
        .landlock_errata = features.landlock_errata,
        .user_namespaces = features.user_namespaces,
        .mount_namespaces = features.mount_namespaces,
        .network_namespaces = features.network_namespaces,
        .seccomp_notify = features.seccomp_notify,
        .cgroup_delegated = features.cgroup_delegated,
    };
    return NONO_OK;
}

/* A folder's link count is 2 and one for each folder in it: here, one for each thread. */
static bool has_one_thread(void)
{
    struct stat st;
    return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

int nono_sandbox_apply(const struct nono_caps *caps, unsigned flags, unsigned *held,
                       struct nono_error *err)
{
    if (!caps || flags)
        return invalid(err, "a set is needed, and no flag is known");
    if (!has_one_thread())
        return invalid(err, "the process has other threads, which would stay outside");
    struct error why;
    struct confine_failure failure;
    struct confine_options options = { 0 };
    CLEANUP(confine_freep) struct confinement *confinement = NULL;
    if (!confine_prepare(caps, &options, &confinement, &why))
        return finish(false, &why, err);
    if (!confine_enter(confinement, &failure)) {
        errno = failure.sys;
        return finish(error_set_errno(&why, "%s", failure.step), &why, err);
    }
    struct confine_report report;
    confine_report(confinement, &report);
    if (held)
        *held = report.held;
    return NONO_OK;
}
