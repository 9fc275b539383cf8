/*
 * Counters of the server in Prometheus' text format (version 0.0.4). Adding is lock-free, from any
 * thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "registry/http/route.h"

struct metrics;

/* The routes are lent. */
struct metrics *metrics_new(const struct route *routes, size_t count);
void metrics_free(struct metrics *metrics);

struct metrics_request {
    const struct route *route; /* NULL: none matched, or a page */
    unsigned status;
    uint64_t bytes_in, bytes_out;
    int64_t took_us;
};
void metrics_count(struct metrics *metrics, const struct metrics_request *request);

enum gauge {
    GAUGE_CONNECTIONS, /* open */
    GAUGE_REQUESTS,    /* begun and not answered */
    GAUGE_QUEUE,       /* waiting for a worker */
    GAUGE_WORKERS,     /* of the pool */
    GAUGE_WORKERS_BUSY,
    GAUGE_CACHE_ENTRIES,
    GAUGE_CACHE_BYTES,
    COUNTER_CACHE_HITS,
    COUNTER_CACHE_MISSES,
    GAUGE_DATABASE_UP, /* 1 while the listener of changes is connected */
    COUNTER_DATABASE_RECONNECTS,
    COUNTER_BLOBS_COLLECTED,
    GAUGE_COUNT,
};
void metrics_set(struct metrics *metrics, enum gauge gauge, int64_t value);
void metrics_add(struct metrics *metrics, enum gauge gauge, int64_t by);

bool metrics_print(struct metrics *metrics, struct buf *out, struct error *err) MUST_CHECK;
