/* Landlock rulesets. Needs no privilege; a ruleset once enforced cannot be lifted. */
#pragma once

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "sandbox/policy/plan.h"

/* The newest ABI whose rights are known here; later kernels are treated as this one. */
#define LANDLOCK_ABI_KNOWN 9

/* The kernel's Landlock ABI, or 0 when it has none. */
int landlock_abi(void);
/* Bits of the fixed errata, 0 on kernels that do not say (before ABI 7). */
unsigned landlock_errata(void);

/* What an ABI can hold. Bits, so that a caller can say what is missing. */
enum landlock_feature {
    LANDLOCK_FILES = 1 << 0,
    LANDLOCK_REFER = 1 << 1, /* renames between folders are possible and checked */
    LANDLOCK_TRUNCATE = 1 << 2,
    LANDLOCK_TCP = 1 << 3,
    LANDLOCK_IOCTL = 1 << 4,      /* of devices */
    LANDLOCK_SCOPES = 1 << 5,     /* signals and abstract sockets */
    LANDLOCK_UNIX_PATHS = 1 << 6, /* connections to Unix sockets by path */
};
unsigned landlock_features(int abi);

/*
 * A ruleset that denies all the given ABI can deny, but what the plan's nodes allow, and the
 * network and scopes that its set leaves open. Pass landlock_abi(); a test passes an older one.
 * *out_fd is close-on-exec.
 */
bool landlock_build(const struct plan *plan, int abi, int *out_fd, struct error *err) MUST_CHECK;

/* Grants the nodes with `own` of the process that calls; planned: it is the one that made the plan.
 * Only system calls. Returns 0 or an errno. */
int landlock_add_own(const struct plan *plan, int abi, int ruleset_fd, bool planned);

/* Lets the running thread's own rule set in force: for it and its descendants, for good. Only
 * system calls, so it may follow fork(2). Returns 0 or an errno. */
int landlock_enforce(int ruleset_fd);
