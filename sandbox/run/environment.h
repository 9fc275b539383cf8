/*
 * The environment of a sandboxed program: the caller's, less what changes how programs load code,
 * what leads to services outside, and what looks like a secret.
 *
 *  - never passed: variables of loaders, shells and interpreters (LD_PRELOAD, BASH_ENV, ...) and
 *    nono's own;
 *  - passed only when allowed by name or PREFIX*: those with TOKEN, SECRET, PASSWORD, ... or a part
 *    KEY in their names, and the addresses of agents and daemons (SSH_AUTH_SOCK, DBUS_*, ...);
 *  - the same for a value that is a URL with a password, but for those of proxies where the
 *    network is open;
 *  - everything else passes, unless only a list is allowed, or it is denied.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/record.h"

struct environment_rules {
    bool only_allowed;   /* what `allow` does not name is dropped */
    struct list allow;   /* const char *: NAME, PREFIX* or * */
    struct list deny;    /* the same; goes before allow */
    struct list set;     /* struct environment_value: replace whatever was there */
    const char *workdir; /* PWD becomes this; NULL: stays */
    bool proxies;        /* the network is open: it may be reached through the user's proxy alone */
};

struct environment_value {
    const char *name, *value;
};

enum environment_verdict {
    ENVIRONMENT_PASSED,
    ENVIRONMENT_LOADER,  /* changes what code runs */
    ENVIRONMENT_SECRET,  /* looks like one */
    ENVIRONMENT_OUTSIDE, /* leads to a service outside */
    ENVIRONMENT_RULE,    /* the rules say so */
};

enum environment_verdict environment_judge(const struct environment_rules *rules, const char *name);

/* NULL-terminated, in arena; entries that pass are the caller's. *out_dropped counts the rest. */
const char **environment_make(const struct environment_rules *rules, const char *const *envp,
                              struct arena *arena, size_t *out_dropped);
