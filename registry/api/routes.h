/* The registry's public surface, one line an endpoint. schema/openapi.yaml is held to it. */
#pragma once

#include "registry/http/request.h"
#include "registry/http/response.h"
#include "registry/http/route.h"

extern const struct route registry_routes[];
extern const size_t registry_routes_count;

/*
 * The server's authorize hook: finds out who asks, by token or cookie, and whether the route lets
 * them in. A cookie alone changes nothing: such a request must carry the session's CSRF value.
 */
bool api_authorize(struct registry *registry, struct request *req, struct error *err);

/*
 * PostgreSQL's channel on which changes are told. A payload is a cache tag to drop: "ns/name",
 * API_TAG_LISTS, or "*" for all of them.
 */
#define API_CHANGES_CHANNEL "package_changed"
#define API_TAG_LISTS       "lists"
