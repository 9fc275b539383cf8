/*
 * The route table: which method and path go to which handler, under which conditions. Knows
 * nothing of libmicrohttpd or of packs.
 *
 *     { GET, "/packages/{ns}/{name}", ACCESS_ANYONE, NULL, BODY_NONE, 0, package_show, 0 },
 *     { GET, "/packages/{ns}/{name}/artifacts/{path...}", ... },
 *
 * A {name} stands for one path segment; a last {name...} for all that remain, slashes included.
 * Literal segments go before parameters when both match. Every path stands under ROUTE_PREFIX,
 * and under ROUTE_PREFIX twice, as clients of the original's registry put it together both ways;
 * a path that begins with "//" is taken from the root instead ("//healthz" is /healthz).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define ROUTE_PREFIX     "/api/v1"
#define ROUTE_PARAMS_MAX 4
#define ROUTE_PATH_MAX   4096 /* bytes of a request's path, still encoded */

enum method { GET, HEAD, POST, PUT, PATCH, DELETE, METHOD_COUNT };

/* Who may come in at all; what they may do there is the domain's matter. */
enum access {
    ACCESS_ANYONE,  /* signed in or not */
    ACCESS_ACCOUNT, /* by session, or by a token that has the route's scope */
    ACCESS_SESSION, /* by session of the web pages alone */
    ACCESS_ADMIN,   /* as ACCESS_ACCOUNT, and an administrator */
};

enum body_kind {
    BODY_NONE,      /* a body is refused */
    BODY_JSON,      /* application/json, in memory */
    BODY_FORM,      /* application/x-www-form-urlencoded, in memory */
    BODY_RAW,       /* any type; goes to a temporary file when it is large */
    BODY_MULTIPART, /* multipart/form-data; parts go to a temporary file when they are large */
};

enum {
    ROUTE_INLINE = 1, /* runs on the HTTP thread: may not wait, has no database, sees no account */
    ROUTE_ADMIN = 2,  /* on the admin listener alone */
    ROUTE_BOTH = 4,   /* on both listeners */
    ROUTE_BODY_OPTIONAL = 8, /* the body may be left out */
    ROUTE_PUBLISHES = 16,    /* a large body is taken from those alone who may publish in {ns} */
    ROUTE_SAME_SITE = 32,    /* no other site's page makes a browser ask it */
    ROUTE_ASKED = 64,        /* asked by a program or a page's script: no image, frame or link */
};

struct registry; /* what handlers act on; one for each worker, defined by the domain */
struct request;
struct response;

/* A plain blocking function. false: *err says why and becomes the response. */
typedef bool route_handler(struct registry *registry, const struct request *req,
                           struct response *res, struct error *err);

struct route {
    enum method method; /* GET answers HEAD too */
    const char *path;
    enum access access;
    const char *scope; /* what a token must have, or NULL */
    enum body_kind body;
    size_t body_max; /* bytes */
    route_handler *handle;
    unsigned flags;
};

/* False for what is not in enum method. */
bool method_parse(const char *text, enum method *out);
const char *method_name(enum method method);

struct route_match {
    const struct route *route;
    const char *params[ROUTE_PARAMS_MAX]; /* decoded, in the order of the path's {names} */
};

struct route_table {
    const struct route *routes;
    size_t count;
    bool admin; /* which listener asks */
};

/*
 * Finds the route of a request path (percent-encoded, without the query). NOT_FOUND when no path
 * matches, METHOD when one does with other methods; INVALID for malformed encoding, controls and
 * bytes that are not UTF-8.
 */
bool route_find(const struct route_table *table, enum method method, const char *path,
                struct arena *arena, struct route_match *out, struct error *err) MUST_CHECK;

/* The methods of a path for the Allow field, "GET, HEAD, POST"; in arena, "" when there are none.
 */
const char *route_allow(const struct route_table *table, const char *path, struct arena *arena);
