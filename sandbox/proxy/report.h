/*
 * What the proxy decides, told to the supervisor as JSON lines (sandbox/policy/proxy.h). A line is
 * written whole before the proxy goes on; when nobody takes it any more, the process ends, because
 * what cannot be recorded must not happen.
 */
#pragma once

#include "sandbox/policy/proxy.h"

struct report {
    int fd;
    uint64_t last_id;
};

uint64_t report_next_id(struct report *report);
/* Sets the event's time. */
void report_event(struct report *report, const struct proxy_event *event);
void report_failure(struct report *report, const char *reason);
