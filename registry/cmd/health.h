/* The routes of operation: /healthz, /readyz, and /metrics of the admin listener. */
#pragma once

#include "registry/domain/registry.h"
#include "registry/http/metrics.h"
#include "registry/http/route.h"

/* A registry as the server hands it to handlers, with what these handlers need behind it. */
struct serving {
    struct registry registry; /* first: handlers get its address */
    struct metrics *metrics;
};

extern const struct route health_routes[];
extern const size_t health_routes_count;
