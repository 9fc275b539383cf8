/* What the files of the server share. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "registry/http/cache.h"
#include "registry/http/exchange.h"
#include "registry/http/links.h"
#include "registry/http/metrics.h"
#include "registry/http/server.h"

#define WORK_QUEUE_MAX 1024 /* requests that wait for a worker; more are answered 503 */

struct server {
    struct server_config config;
    struct MHD_Daemon *daemon;
    struct cache *cache; /* NULL without one */
    struct links *links;
    struct room room;    /* for bodies in temporary files */
    atomic_int early;    /* small bodies of nobody knows whom */
    MHD_socket listener; /* once it is quiet */
    int pages;           /* the folder of the web pages, or -1 */
    atomic_bool stopping;
    atomic_int active; /* exchanges that have begun and not ended */

    pthread_mutex_t mutex; /* of what follows */
    struct exchange *first, *last;
    size_t queued;
    bool ending;
    struct worker *idle; /* the last to fall idle is on top */
    struct worker *workers;
    size_t worker_count;
};

/* reply.c: makes exchange->reply of exchange->res, with all header fields. */
void reply_make(struct exchange *exchange);
/* Takes the answer from the cache when it has the address and anyone may have it. */
bool reply_cached(struct exchange *exchange);

/* pages.c: the web pages; NOT_FOUND in err when there is none at this address. */
bool page_find(struct server *server, struct exchange *exchange, struct error *err) MUST_CHECK;

/* tls.c: what gives a new connection, whose socket's context is a struct link, what its struct tls
 * has now. */
void *tls_callback(void);

/* workers.c */
bool workers_start(struct server *server, struct error *err) MUST_CHECK;
/* Waits for what is on the queue; then the threads are gone. */
void workers_stop(struct server *server);
/* False when the queue is full or the server ends. */
bool workers_put(struct server *server, struct exchange *exchange);
