/* The pool that runs handlers: threads that may wait, each with a registry of its own. */
#include "lib/base/mem.h"
#include "registry/http/internal.h"

struct worker {
    struct server *server;
    struct registry *registry;
};

static struct exchange *queue_take(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    while (!server->first && !server->ending)
        (void)pthread_cond_wait(&server->wake, &server->mutex);
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
    struct worker worker = *(struct worker *)context;
    free(context);
    struct metrics *metrics = worker.server->config.metrics;
    for (struct exchange *exchange; (exchange = queue_take(worker.server));) {
        metrics_add(metrics, GAUGE_QUEUE, -1);
        metrics_add(metrics, GAUGE_WORKERS_BUSY, 1);
        exchange_handle(exchange, worker.registry);
        metrics_add(metrics, GAUGE_WORKERS_BUSY, -1);
        MHD_resume_connection(exchange->connection);
    }
    return NULL;
}

bool workers_put(struct server *server, struct exchange *exchange)
{
    (void)pthread_mutex_lock(&server->mutex);
    bool room = !server->ending && server->queued < WORK_QUEUE_MAX && server->thread_count > 0;
    if (room) {
        MHD_suspend_connection(exchange->connection); /* before a worker can resume it */
        exchange->next = NULL;
        *(server->last ? &server->last->next : &server->first) = exchange;
        server->last = exchange;
        server->queued++;
        metrics_add(server->config.metrics, GAUGE_QUEUE, 1);
        (void)pthread_cond_signal(&server->wake);
    }
    (void)pthread_mutex_unlock(&server->mutex);
    return room;
}

bool workers_start(struct server *server, struct error *err)
{
    server->threads = xcalloc(server->config.worker_count + 1, sizeof(*server->threads));
    for (size_t i = 0; i < server->config.worker_count; i++) {
        struct worker *worker = xnew(struct worker);
        *worker = (struct worker){ server, server->config.workers[i] };
        if (pthread_create(&server->threads[i], NULL, worker_main, worker) != 0) {
            free(worker);
            return error_set(err, UNAVAILABLE, "cannot start worker %zu", i);
        }
        server->thread_count++;
    }
    metrics_add(server->config.metrics, GAUGE_WORKERS, (int64_t)server->thread_count);
    return true;
}

void workers_stop(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->ending = true;
    (void)pthread_cond_broadcast(&server->wake);
    (void)pthread_mutex_unlock(&server->mutex);
    for (size_t i = 0; i < server->thread_count; i++)
        (void)pthread_join(server->threads[i], NULL);
    server->thread_count = 0;
    free(server->threads);
    server->threads = NULL;
}
