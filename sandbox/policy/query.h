/* "Would this be allowed, and why?", asked of a plan. */
#pragma once

#include "sandbox/policy/plan.h"

struct query_result {
    bool allowed;
    enum nono_reason reason;
    unsigned granted;   /* what the plan gives to the path, denies taken off */
    const char *path;   /* the grant or deny that decided, the plan's; NULL: none */
    const char *source; /* who asked for it; NULL: nobody */
    char details[192];  /* of hosts: the reason in words, or "" */
};

/*
 * Follows links as open(2) does. For WRITE to a path that is not there, whether it could be made.
 * access must not be 0.
 */
bool query_path(const struct plan *plan, const struct path_ops *ops, const char *path,
                unsigned access, struct query_result *out, struct error *err) MUST_CHECK;

/* Whether a new name may be made, or an old one removed, in the folder of path. No link followed
 * at its end. */
bool query_entry(const struct plan *plan, const struct path_ops *ops, const char *path,
                 struct query_result *out, struct error *err) MUST_CHECK;

/* "example.org", "example.org:8443"; port 0: the one named, else 443. The proxy judges by the same
 * rules; it also judges the addresses that a name leads to, which nobody looks up here. */
bool query_host(const struct nono_caps *caps, const char *host, uint16_t port,
                struct query_result *out, struct error *err) MUST_CHECK;

void query_scope(const struct nono_caps *caps, enum nono_scope scope, struct query_result *out);

/* "granted_path", ...; the numbers of enum nono_reason. NULL: no such reason. */
const char *query_reason_name(int reason);
