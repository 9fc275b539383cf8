/* What the running kernel can hold. */
#pragma once

#include <stdbool.h>

struct features {
    int landlock_abi;
    unsigned landlock_errata;
    bool user_namespaces, mount_namespaces, network_namespaces; /* for this user, tried out */
    bool seccomp_notify;
    bool cgroup_delegated; /* this user may make groups below its own */
};

/* Tries each in a child; about a millisecond. */
void features_probe(struct features *out);

/* Whether this process could get a mount namespace: alone if privileged, else in a user namespace.
 */
bool features_mount_namespace(void);
bool features_network_namespace(void);
