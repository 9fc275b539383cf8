/* The facts of an entry, from stat(2). */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "sandbox/snapshot/node.h"

static inline int64_t facts_time_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static inline struct timespec facts_timespec(int64_t time_ns)
{
    int64_t rest = time_ns % 1000000000;
    if (rest < 0)
        rest += 1000000000;
    return (struct timespec){ .tv_sec = (time_ns - rest) / 1000000000, .tv_nsec = rest };
}

/* Everything but the name, the digests and the children. */
void facts_take(const struct stat *st, struct node *node);
