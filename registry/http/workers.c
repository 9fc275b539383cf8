/* The pool that runs handlers: threads that may wait, each with a registry of its own. */
#include "lib/base/mem.h"
#include "registry/http/internal.h"

struct worker {
    struct server *server;
    struct registry *registry;
    pthread_cond_t wake;
    bool woken;
    struct worker *below; /* on the stack of those that idle */
    pthread_t thread;
};

/* Sleeps until it is woken, on top of the others that do. */
static void idle(struct server *server, struct worker *worker)
{
    worker->below = server->idle;
    server->idle = worker;
    worker->woken = false;
    while (!worker->woken)
        (void)pthread_cond_wait(&worker->wake, &server->mutex);
}

/*
 * The one that went to sleep last: its memory, and that of its connection's PostgreSQL, are still
 * in the processor's caches.
 */
static void wake_one(struct server *server)
{
    struct worker *worker = server->idle;
    if (!worker)
        return;
    server->idle = worker->below;
    worker->woken = true;
    (void)pthread_cond_signal(&worker->wake);
}

static struct exchange *queue_take(struct server *server, struct worker *worker)
{
    (void)pthread_mutex_lock(&server->mutex);
    while (!server->first && !server->ending)
        idle(server, worker);
    struct exchange *exchange = server->first;
    if (exchange) {
        server->first = exchange->next;
        if (!server->first)
            server->last = NULL;
        server->queued--;
    }
    (void)pthread_mutex_unlock(&server->mutex);
    return exchange;
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct metrics *metrics = worker->server->config.metrics;
    for (struct exchange *exchange; (exchange = queue_take(worker->server, worker));) {
        metrics_add(metrics, GAUGE_QUEUE, -1);
        metrics_add(metrics, GAUGE_WORKERS_BUSY, 1);
        exchange_handle(exchange, worker->registry);
        metrics_add(metrics, GAUGE_WORKERS_BUSY, -1);
        MHD_resume_connection(exchange->connection);
    }
    return NULL;
}

bool workers_put(struct server *server, struct exchange *exchange)
{
    (void)pthread_mutex_lock(&server->mutex);
    bool room = !server->ending && server->queued < WORK_QUEUE_MAX && server->worker_count > 0;
    if (room) {
        MHD_suspend_connection(exchange->connection); /* before a worker can resume it */
        exchange->next = NULL;
        *(server->last ? &server->last->next : &server->first) = exchange;
        server->last = exchange;
        server->queued++;
        metrics_add(server->config.metrics, GAUGE_QUEUE, 1);
        wake_one(server);
    }
    (void)pthread_mutex_unlock(&server->mutex);
    return room;
}

bool workers_start(struct server *server, struct error *err)
{
    server->workers = xcalloc(server->config.worker_count + 1, sizeof(*server->workers));
    for (size_t i = 0; i < server->config.worker_count; i++) {
        struct worker *worker = &server->workers[i];
        *worker = (struct worker){ .server = server,
                                   .registry = server->config.workers[i],
                                   .wake = PTHREAD_COND_INITIALIZER };
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
            return error_set(err, UNAVAILABLE, "cannot start worker %zu", i);
        server->worker_count++;
    }
    metrics_add(server->config.metrics, GAUGE_WORKERS, (int64_t)server->worker_count);
    return true;
}

void workers_stop(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->ending = true;
    while (server->idle)
        wake_one(server);
    (void)pthread_mutex_unlock(&server->mutex);
    for (size_t i = 0; i < server->worker_count; i++) {
        (void)pthread_join(server->workers[i].thread, NULL);
        (void)pthread_cond_destroy(&server->workers[i].wake);
    }
    server->worker_count = 0;
    free(server->workers);
    server->workers = NULL;
}
