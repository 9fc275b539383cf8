#include "sandbox/proxy/server.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "sandbox/proxy/resolver.h"
#include "sandbox/proxy/session.h"

#define ACCEPTS_MAX 64 /* in a row, before connections get their turn */

struct entry {
    LIST_ENTRY(entry) link;
    struct server *server;
    struct session *session;
};

struct server {
    struct context context;
    struct event *readable, *rest, *terminate, *interrupt;
    int listener;
    bool resting;
    size_t count;
    LIST_HEAD(, entry) entries;
};

static void accepting(struct server *server, bool yes)
{
    if (yes)
        (void)event_add(server->readable, NULL);
    else
        (void)event_del(server->readable);
}

static void rest(struct server *server)
{
    const struct timeval pause = { 0, SERVER_REST_MS * 1000L };
    server->resting = true;
    accepting(server, false);
    (void)evtimer_add(server->rest, &pause);
}

static void on_rested(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct server *server = argument;
    server->resting = false;
    if (server->count < SERVER_CONNECTIONS_MAX)
        accepting(server, true);
}

static void on_session(struct session *session, void *argument)
{
    (void)session;
    struct entry *entry = argument;
    struct server *server = entry->server;
    LIST_REMOVE(entry, link);
    free(entry);
    server->count--;
    if (!server->resting)
        accepting(server, true);
}

static void on_knock(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct server *server = argument;
    int on = 1;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        if (server->count == SERVER_CONNECTIONS_MAX) {
            accepting(server, false);
            return;
        }
        int down = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (down < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (down < 0) {
            if (errno != EAGAIN)
                rest(server);
            return;
        }
        (void)setsockopt(down, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct entry *entry = xnew(struct entry);
        entry->server = server;
        LIST_INSERT_HEAD(&server->entries, entry, link);
        server->count++;
        entry->session = session_start(&server->context, down, on_session, entry);
    }
}

static void on_signal(evutil_socket_t number, short what, void *argument)
{
    (void)number, (void)what;
    struct server *server = argument;
    (void)event_base_loopbreak(server->context.base);
}

static void stop(struct server *server)
{
    struct entry *entry;
    while ((entry = LIST_FIRST(&server->entries))) {
        LIST_REMOVE(entry, link);
        session_cancel(entry->session);
        free(entry);
    }
    event_free(server->readable);
    event_free(server->rest);
    event_free(server->terminate);
    event_free(server->interrupt);
    if (!resolver_stop(server->context.resolver))
        _exit(0); /* a look-up hangs in the system; nothing else is left to do */
    event_base_free(server->context.base);
    libevent_global_shutdown();
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

bool server_run(int listener, int events, const struct host_rules *rules, struct error *err)
{
    struct server server = { .listener = listener };
    struct context *context = &server.context;
    context->rules = *rules;
    context->report.fd = events;
    context->base = base_new();
    if (!context->base)
        return error_set(err, UNAVAILABLE, "no event loop");
    if (!resolver_new(context->base, &context->resolver, err)) {
        event_base_free(context->base);
        return false;
    }
    LIST_INIT(&server.entries);
    server.readable = event_new(context->base, listener, EV_READ | EV_PERSIST, on_knock, &server);
    server.rest = evtimer_new(context->base, on_rested, &server);
    server.terminate = evsignal_new(context->base, SIGTERM, on_signal, &server);
    server.interrupt = evsignal_new(context->base, SIGINT, on_signal, &server);
    (void)event_add(server.terminate, NULL);
    (void)event_add(server.interrupt, NULL);
    accepting(&server, true);

    report_event(&context->report, &(struct proxy_event){ .event = PROXY_READY });
    (void)event_base_dispatch(context->base);
    stop(&server);
    return true;
}
