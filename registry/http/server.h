/*
 * The HTTP listener: libmicrohttpd with epoll and one thread a core, which never wait; handlers run
 * on a pool of workers, each with a registry (and so a database connection) of its own, while the
 * connection is suspended. The only module that knows libmicrohttpd.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "registry/http/request.h"
#include "registry/http/response.h"
#include "registry/http/route.h"

/* A registry that has no name of its own; and so the title of web/index.html. */
#define SERVER_NAME "nono registry"

struct server;
struct metrics;
struct proxies;
struct tls;

/* Finds out who asks (req->account) and whether the route's access lets them in. On a worker. */
typedef bool server_authorize(struct registry *registry, struct request *req, struct error *err);

struct server_config {
    int listen_fd;            /* bound and listening; owned by the server from server_start on */
    bool listen_shared;       /* another process has the socket too: it stays open when we stop */
    unsigned threads;         /* of the listener; 0: one a core */
    struct route_table table; /* lent */
    struct registry *const *workers; /* one thread for each; lent */
    size_t worker_count;
    struct registry *inline_registry; /* what inline handlers get; lent */
    server_authorize *authorize;      /* NULL: everyone is nobody, and only ACCESS_ANYONE opens */
    struct tls *tls;                  /* lent; NULL for plain HTTP */
    const char *temp_dir;             /* where large bodies wait */
    const char *web_dir;              /* pages, or NULL for none */
    const char *name;                 /* that the pages show; lent */
    const struct proxies *proxies;    /* whose X-Forwarded-For counts; NULL: nobody's */
    struct metrics *metrics;          /* lent */
    size_t cache_bytes;               /* of responses kept in memory; 0: none */
    unsigned connections_max, connections_per_ip_max; /* 0: the defaults */
    unsigned timeout_s;                               /* of an idle connection; 0: the default */
    /* Hears response.count, from any thread, for answers that come from memory too. Or NULL. */
    void (*count)(void *context, const char *what);
    void *count_context;
    bool access_log; /* a line for each request */
};

bool server_start(const struct server_config *config, struct server **out, struct error *err)
    MUST_CHECK;

/* The port that is listened on. */
uint16_t server_port(const struct server *server);

/* Forgets what is kept under a tag; NULL forgets everything. From any thread. */
void server_drop(struct server *server, const char *tag);
/* Whether responses may be kept at all: off while news of changes cannot arrive. */
void server_cache_enable(struct server *server, bool enabled);

/*
 * Takes no new connections and lets requests that have begun finish, for at most deadline_ms. NULL
 * is allowed.
 */
void server_drain(struct server *server, unsigned deadline_ms);
/* Closes what is left and ends; nobody may use the server any more. NULL is allowed. */
void server_stop(struct server *server);
