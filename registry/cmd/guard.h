/*
 * Ends the process when its main thread cannot: while that waits for a database that does not
 * answer, at the start or at the end. What is cut off then is what a crash would cut off, which
 * leaves nothing half done.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "lib/base/error.h"

struct guard {
    int told; /* the time runs once this is readable (it is not read); -1: at once */
    int limit_ms;
    const char *event; /* of the log, when the time is over */
    int status;        /* of the process then */

    pthread_t thread; /* from here on its own */
    int lifted;
    bool stands;
};

/* guard stays where it is until it is lifted. */
bool guard_stand(struct guard *guard, struct error *err) MUST_CHECK;
/* Also one that does not stand. */
void guard_lift(struct guard *guard);
