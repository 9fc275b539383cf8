/* USES sandbox/policy lib/json */
/*
 * What supervisor and proxy say to each other. A line is an event or a policy; what is taken is
 * said again in the same way.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/json/json.h"
#include "sandbox/policy/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again_try(const struct record *record, const void *value, void *other,
                      struct arena *arena)
{
    struct error err;
    const char *said = json_encode(record, value, arena);
    bool ok = json_decode(said, strlen(said), record, arena, other, &err);
    assert(ok && strcmp(json_encode(record, other, arena), said) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data, size);
    struct proxy_event event, other_event;
    struct proxy_policy policy, other_policy;
    struct error err;
    if (json_decode(text, size, &proxy_event_record, arena, &event, &err)) {
        assert(event.category >= 0 && event.category < PROXY_CATEGORY_COUNT);
        again_try(&proxy_event_record, &event, &other_event, arena);
    } else if (json_decode(text, size, &proxy_policy_record, arena, &policy, &err))
        again_try(&proxy_policy_record, &policy, &other_policy, arena);
    return 0;
}
