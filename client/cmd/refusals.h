/* What the proxy refused a program, told when the run is over: the program itself may not say it.
 */
#pragma once

#include <stdio.h>

#include "lib/base/arena.h"
#include "sandbox/audit/audit.h"
#include "sandbox/policy/proxy.h"

#define REFUSALS_TOLD 8

struct refusals {
    struct arena *arena;
    struct audit *audit; /* NULL: the run is not recorded */
    struct {
        const char *host, *reason;
        uint64_t port;
    } told[REFUSALS_TOLD]; /* each once */
    size_t count;
    size_t left_out;       /* times that something else was refused */
    bool could_be_allowed; /* by naming the host */
};

/* Puts an event of the proxy on record and keeps it in mind. context is a struct refusals. */
void refusals_note(const struct proxy_event *event, void *context);
/* A line each, and what to do about it. Nothing when nothing was refused. */
void refusals_tell(const struct refusals *refusals, FILE *stream);
