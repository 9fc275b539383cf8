/*
 * The proxy as a whole: accepts at the door and keeps the connections. Over the limit, and when
 * descriptors run out, accepting rests; connections wait in the kernel's queue and are not refused.
 */
#pragma once

#include "sandbox/proxy/context.h"

#define SERVER_CONNECTIONS_MAX 512
#define SERVER_REST_MS         100

/*
 * Serves until SIGTERM or SIGINT, then ends everything. rules were parsed by the caller; their
 * texts must stay.
 */
bool server_run(int listener, int events, const struct host_rules *rules, struct error *err)
    MUST_CHECK;
