/* What a handler is given. Everything in it lives until the response is sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "registry/http/route.h"

#define REQUEST_ID_MAX 17 /* 16 hex digits and a NUL */

struct principal; /* who asks; registry/auth knows what that is */

/* A name and its value: an argument of the query, a field of a form or of the header. */
struct argument {
    const char *name;
    const char *value;
};

/* One part of multipart/form-data, or the whole of a raw body. */
struct part {
    const char *name;         /* "" for a raw body */
    const char *filename;     /* as sent, slashes kept; NULL when there was none */
    const char *content_type; /* NULL when there was none */
    const char *bytes;        /* NUL behind them when they are few; never NULL */
    size_t size;
};

struct request {
    struct arena *arena;
    const struct route *route;
    enum method method; /* of the request: HEAD stays HEAD */
    const char *path;   /* as sent, without the query */
    const char *params[ROUTE_PARAMS_MAX];
    struct list query;   /* struct argument, decoded */
    struct list headers; /* struct argument, as sent */
    struct list parts;   /* struct part: BODY_MULTIPART in their order, BODY_RAW exactly one */
    const char *body;    /* BODY_JSON, BODY_FORM, BODY_RAW; never NULL */
    size_t body_len;
    const char *client_ip;     /* of the client, behind trusted proxies too */
    char id[REQUEST_ID_MAX];   /* in the log and in every problem document */
    struct principal *account; /* set by the server's authorize hook; NULL when nobody signed in */
    int64_t account_id;        /* set with account: a number that tells it from others, or 0 */
    bool secure;               /* came over TLS, here or at a trusted proxy */
};

/* The parameter {name} of the route; asserts that the route has it. */
const char *request_param(const struct request *req, const char *name);

/* An argument of the query, or NULL. The first counts when there are several. */
const char *request_query(const struct request *req, const char *name);
/* A whole number within bounds; fallback when absent. INVALID names the argument. */
bool request_query_integer(const struct request *req, const char *name, const int64_t bounds[2],
                           int64_t fallback, int64_t *out, struct error *err) MUST_CHECK;

/* A header field by its name in any case, or NULL. */
const char *request_header(const struct request *req, const char *name);
/* All lines of a header field as one (RFC 9110 section 5.3): a proxy may add its own to a client's.
 * NULL when there is none; in the request's arena. */
const char *request_field(const struct request *req, const char *name);
/* A cookie, or NULL; in the request's arena. */
const char *request_cookie(const struct request *req, const char *name);

/* The body of BODY_JSON, read strictly as a record; errors name the field. */
bool request_json(const struct request *req, const struct record *record, void *out,
                  struct error *err) MUST_CHECK;
/* A field of BODY_FORM; *out is NULL when absent. INVALID when the body is malformed. */
bool request_form(const struct request *req, const char *name, const char **out, struct error *err)
    MUST_CHECK;

/* The only part of a name, or NULL; INVALID when there are several. */
bool request_part(const struct request *req, const char *name, const struct part **out,
                  struct error *err) MUST_CHECK;
/* As request_part, for a short text part without NUL. */
bool request_part_text(const struct request *req, const char *name, const char **out,
                       struct error *err) MUST_CHECK;
