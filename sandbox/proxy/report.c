#include "sandbox/proxy/report.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/json/json.h"

uint64_t report_next_id(struct report *report)
{
    return ++report->last_id;
}

void report_event(struct report *report, const struct proxy_event *event)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct proxy_event timed = *event;
    struct error err;
    timed.time = clock_now_us();
    const char *line = arena_printf(arena, "%s\n", json_encode(&proxy_event_record, &timed, arena));
    if (!file_write_all(report->fd, line, strlen(line), &err))
        _exit(1);
}

void report_failure(struct report *report, const char *reason)
{
    report_event(report, &(struct proxy_event){ .event = PROXY_FAILED, .reason = reason });
}
