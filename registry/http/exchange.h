/*
 * One request on its way through libmicrohttpd's callbacks and a worker. It belongs to the HTTP
 * thread of its connection, and to a worker while it is on the queue or being handled; the queue's
 * mutex hands it over.
 */
#pragma once

#include <microhttpd.h>

#include "registry/http/server.h"
#include "registry/http/upload.h"

enum stage {
    STAGE_NEW,       /* nothing known but the address */
    STAGE_BODY,      /* receiving */
    STAGE_ADMITTING, /* a worker finds out who asks, before a large body is taken */
    STAGE_HANDLING,  /* a worker has it */
    STAGE_ANSWERED,  /* reply is set */
};

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    struct link *link;
    struct exchange *next; /* in the queue */
    struct request req;    /* its arena is NULL until it is needed */
    struct route_match match;
    struct upload *upload;
    struct response res;
    struct error err;           /* set when no handler should run */
    struct MHD_Response *reply; /* of this request alone, or NULL */
    struct cached *kept;        /* the answer that is shared with others, or NULL */
    unsigned status;
    enum stage stage;
    bool admitted;       /* the authorize hook has run */
    bool early;          /* its body was counted in server->early */
    bool closes;         /* no other request comes over this connection */
    uint64_t generation; /* of the cache, when handling began */
    int64_t started_us;
    uint64_t bytes_out;
    uint64_t bytes_in;
    const char *count;  /* response.count, or NULL */
    const char *method; /* as sent; lives with the connection */
    size_t target_len;  /* of the request target, as sent */
    char uri[];         /* the target with the query, without scheme and host */
};

/* Gives the request its arena, header fields, client and id, and finds its route unless err has
 * something already; fills err. */
void exchange_open(struct exchange *exchange);
/* Who asks, also of one that was not opened. */
const char *exchange_client(struct exchange *exchange);
/* Makes ready for a body as the route wants it, or refuses it; fills err. */
void exchange_expect_body(struct exchange *exchange);
/* What a worker does: runs the authorize hook, and the handler unless the body is still to come. */
void exchange_handle(struct exchange *exchange, struct registry *registry);
/* Makes the reply from err. */
void exchange_fail(struct exchange *exchange);
void exchange_free(struct exchange *exchange);
