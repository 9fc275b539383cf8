#include "lib/base/crash.h"

#ifdef NONO_CRASH_POINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"

void crash_point(const char *name)
{
    static atomic_ulong arrivals;
    const char *at = env_get("NONO_CRASH_AT");
    if (!at)
        return;
    size_t len = strcspn(at, ":");
    if (strcmp(at, "*") != 0 && strncmp(at, "*:", 2) != 0 &&
        (strlen(name) != len || memcmp(name, at, len) != 0))
        return;
    unsigned long wanted = at[len] == ':' ? strtoul(at + len + 1, NULL, 10) : 1;
    if (atomic_fetch_add(&arrivals, 1) + 1 != wanted)
        return;
    /* Callers' registers go to the stack: of a thread that was killed, memcheck looks at no others,
     * and takes what only they point to for leaked. */
    __builtin_unwind_init();
    (void)raise(SIGKILL);
}
#else
typedef int crash_points_are_not_built;
#endif
