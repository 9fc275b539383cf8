/* The facts of an entry, from stat(2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/snapshot/node.h"

#define FACTS_SECOND_NS INT64_C(1000000000)

/* A time from 1677-09-21 to 2262-04-11 is exact; one beyond is the nearest of these, wherever it is
 * taken, so that it compares as equal after it was set. Below 0 both parts count down. */
static inline int64_t facts_time_ns(const struct timespec *time)
{
    bool below = time->tv_sec < 0;
    int64_t whole, ns, rest = time->tv_nsec - (below ? FACTS_SECOND_NS : 0);
    if (__builtin_mul_overflow((int64_t)time->tv_sec + below, FACTS_SECOND_NS, &whole) ||
        __builtin_add_overflow(whole, rest, &ns))
        return below ? INT64_MIN : INT64_MAX;
    return ns;
}

static inline struct timespec facts_timespec(int64_t time_ns)
{
    int64_t seconds = time_ns / FACTS_SECOND_NS, rest = time_ns % FACTS_SECOND_NS;
    bool below = rest < 0;
    return (struct timespec){ .tv_sec = seconds - below,
                              .tv_nsec = rest + (below ? FACTS_SECOND_NS : 0) };
}

/* Whether we may set permissions and times of what that user owns. */
static inline bool facts_are_ours(uid_t owner)
{
    return geteuid() == 0 || owner == geteuid();
}

/* Everything but the name, the digests and the children. */
void facts_take(const struct stat *st, struct node *node);
