#include "registry/http/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/base/mem.h"
#include "lib/base/record.h"

static const unsigned statuses[] = { 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409,
                                     410, 412, 413, 415, 416, 422, 429, 431, 500, 501, 503, 0 };
#define STATUSES COUNT(statuses)

static const int64_t bounds_us[] = { 100,   250,   500,    1000,   2500,   5000,
                                     10000, 25000, 100000, 500000, 2500000 };
#define BOUNDS COUNT(bounds_us)

struct tally {
    atomic_uint_fast64_t requests[STATUSES];
    atomic_uint_fast64_t within[BOUNDS + 1];
    atomic_uint_fast64_t total_us, bytes_in, bytes_out;
};

struct metrics {
    const struct route *routes;
    size_t count;
    atomic_int_fast64_t gauges[GAUGE_COUNT];
    struct tally tallies[]; /* of each route, and a last one for the rest */
};

struct metrics *metrics_new(const struct route *routes, size_t count)
{
    struct metrics *metrics =
        xcalloc(1, sizeof(struct metrics) + (count + 1) * sizeof(struct tally));
    metrics->routes = routes;
    metrics->count = count;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

static size_t status_slot(unsigned status)
{
    size_t i = 0;
    while (i + 1 < STATUSES && statuses[i] != status)
        i++;
    return i;
}

#define ADD(counter, by) atomic_fetch_add_explicit(&(counter), (by), memory_order_relaxed)
#define GET_OF(counter)  atomic_load_explicit(&(counter), memory_order_relaxed)

void metrics_count(struct metrics *metrics, const struct metrics_request *request)
{
    size_t i = request->route ? (size_t)(request->route - metrics->routes) : metrics->count;
    struct tally *tally = &metrics->tallies[i < metrics->count ? i : metrics->count];
    size_t within = 0;
    while (within < BOUNDS && request->took_us > bounds_us[within])
        within++;
    ADD(tally->requests[status_slot(request->status)], 1);
    ADD(tally->within[within], 1);
    ADD(tally->total_us, (uint64_t)request->took_us);
    ADD(tally->bytes_in, request->bytes_in);
    ADD(tally->bytes_out, request->bytes_out);
}

void metrics_set(struct metrics *metrics, enum gauge gauge, int64_t value)
{
    atomic_store_explicit(&metrics->gauges[gauge], value, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum gauge gauge, int64_t by)
{
    ADD(metrics->gauges[gauge], by);
}

static bool labels_print(const struct metrics *metrics, size_t i, char *out, size_t size)
{
    const struct route *route = i < metrics->count ? &metrics->routes[i] : NULL;
    const char *path = !route ? "" : route->path[1] == '/' ? route->path + 1 : route->path;
    (void)snprintf(out, size, "route=\"%s%s\",method=\"%s\"",
                   route && route->path[1] != '/' ? ROUTE_PREFIX : "", route ? path : "other",
                   route ? method_name(route->method) : "");
    return true;
}

static bool requests_print(struct metrics *metrics, struct buf *out, struct error *err)
{
    char labels[256];
    for (size_t i = 0; i <= metrics->count; i++) {
        labels_print(metrics, i, labels, sizeof(labels));
        for (size_t k = 0; k < STATUSES; k++) {
            uint64_t value = GET_OF(metrics->tallies[i].requests[k]);
            if (value &&
                !buf_printf(out, err, "nono_http_requests_total{%s,status=\"%u\"} %" PRIu64 "\n",
                            labels, statuses[k], value))
                return false;
        }
    }
    return true;
}

static bool histogram_print(struct tally *tally, const char *labels, struct buf *out,
                            struct error *err)
{
    uint64_t sum = 0;
    for (size_t k = 0; k <= BOUNDS; k++) {
        char bound[24] = "+Inf";
        if (k < BOUNDS)
            (void)snprintf(bound, sizeof(bound), "%g", (double)bounds_us[k] / 1e6);
        sum += GET_OF(tally->within[k]);
        if (!buf_printf(out, err,
                        "nono_http_request_duration_seconds_bucket{%s,le=\"%s\"} %" PRIu64 "\n",
                        labels, bound, sum))
            return false;
    }
    return buf_printf(out, err, "nono_http_request_duration_seconds_sum{%s} %.6f\n", labels,
                      (double)GET_OF(tally->total_us) / 1e6) &&
           buf_printf(out, err, "nono_http_request_duration_seconds_count{%s} %" PRIu64 "\n",
                      labels, sum);
}

static bool durations_print(struct metrics *metrics, struct buf *out, struct error *err)
{
    char labels[256];
    for (size_t i = 0; i <= metrics->count; i++) {
        struct tally *tally = &metrics->tallies[i];
        uint64_t any = 0;
        for (size_t k = 0; k <= BOUNDS; k++)
            any += GET_OF(tally->within[k]);
        labels_print(metrics, i, labels, sizeof(labels));
        if (any && !histogram_print(tally, labels, out, err))
            return false;
    }
    return true;
}

static bool bytes_print(struct metrics *metrics, struct buf *out, struct error *err)
{
    uint64_t in = 0, sent = 0;
    for (size_t i = 0; i <= metrics->count; i++) {
        in += GET_OF(metrics->tallies[i].bytes_in);
        sent += GET_OF(metrics->tallies[i].bytes_out);
    }
    return buf_printf(out, err,
                      "# HELP nono_http_request_bytes_total Bytes of bodies that came.\n"
                      "# TYPE nono_http_request_bytes_total counter\n"
                      "nono_http_request_bytes_total %" PRIu64 "\n"
                      "# HELP nono_http_response_bytes_total Bytes of bodies that were sent.\n"
                      "# TYPE nono_http_response_bytes_total counter\n"
                      "nono_http_response_bytes_total %" PRIu64 "\n",
                      in, sent);
}

static bool gauges_print(struct metrics *metrics, struct buf *out, struct error *err)
{
    static const struct {
        const char *name, *type, *help;
    } gauges[GAUGE_COUNT] = {
        [GAUGE_CONNECTIONS] = { "connections", "gauge", "Open connections." },
        [GAUGE_REQUESTS] = { "requests_in_flight", "gauge", "Requests begun and not answered." },
        [GAUGE_QUEUE] = { "queue_length", "gauge", "Requests that wait for a worker." },
        [GAUGE_WORKERS] = { "workers", "gauge", "Workers, each with a database connection." },
        [GAUGE_WORKERS_BUSY] = { "workers_busy", "gauge", "Workers that run a handler." },
        [GAUGE_CACHE_ENTRIES] = { "cache_entries", "gauge", "Responses kept in memory." },
        [GAUGE_CACHE_BYTES] = { "cache_bytes", "gauge", "Bytes of the responses kept." },
        [COUNTER_CACHE_HITS] = { "cache_hits_total", "counter", "Answers from memory." },
        [COUNTER_CACHE_MISSES] = { "cache_misses_total", "counter", "Look-ups that found none." },
        [GAUGE_DATABASE_UP] = { "database_up", "gauge", "1 while changes are listened for." },
        [COUNTER_DATABASE_RECONNECTS] = { "database_reconnects_total", "counter",
                                          "Lost connections of the listener for changes." },
        [COUNTER_BLOBS_COLLECTED] = { "blobs_collected_total", "counter",
                                      "Blobs removed because nothing refers to them." },
    };
    for (size_t i = 0; i < GAUGE_COUNT; i++) {
        const char *name = gauges[i].name;
        int64_t value = (int64_t)GET_OF(metrics->gauges[i]);
        if (!buf_printf(out, err, "# HELP nono_%s %s\n# TYPE nono_%s %s\n", name, gauges[i].help,
                        name, gauges[i].type) ||
            !buf_printf(out, err, "nono_%s %" PRId64 "\n", name, value))
            return false;
    }
    return true;
}

bool metrics_print(struct metrics *metrics, struct buf *out, struct error *err)
{
    return buf_text(out,
                    "# HELP nono_http_requests_total Requests by route and status.\n"
                    "# TYPE nono_http_requests_total counter\n",
                    err) &&
           requests_print(metrics, out, err) &&
           buf_text(out,
                    "# HELP nono_http_request_duration_seconds Time from address to last byte.\n"
                    "# TYPE nono_http_request_duration_seconds histogram\n",
                    err) &&
           durations_print(metrics, out, err) && bytes_print(metrics, out, err) &&
           gauges_print(metrics, out, err);
}
