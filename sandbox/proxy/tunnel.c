#include "sandbox/proxy/tunnel.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sandbox/proxy/client_hello.h"

#define READ_MAX   FLOW_MAX /* one read; the buffer is shared by all tunnels */
#define ROUNDS_MAX 4        /* reads in a row before others get their turn */

struct flow {
    struct tunnel *tunnel;
    int from, to;
    struct event *readable, *writable;
    char *pending; /* what could not be written yet, from pending_at on */
    size_t pending_at, pending_len;
    bool ended; /* from has sent its last byte */
    uint64_t bytes;
};

struct tunnel {
    struct context *context;
    tunnel_done *done;
    void *argument;
    struct authority authority;
    struct flow up, down;
    struct event *timer;
    int64_t active_us;
    uint8_t *hello; /* the first bytes, until they are judged; then NULL */
    size_t hello_len;
};

static void flow_clear(struct flow *flow)
{
    event_free(flow->readable);
    event_free(flow->writable);
    free(flow->pending);
}

void tunnel_cancel(struct tunnel *tunnel, struct tunnel_result *result)
{
    result->bytes_up = tunnel->up.bytes;
    result->bytes_down = tunnel->down.bytes;
    flow_clear(&tunnel->up);
    flow_clear(&tunnel->down);
    event_free(tunnel->timer);
    (void)close(tunnel->up.from);
    (void)close(tunnel->up.to);
    free(tunnel->hello);
    free(tunnel);
}

static void finish(struct tunnel *tunnel, enum proxy_category category, const char *reason)
{
    struct tunnel_result result = { .category = category, .reason = reason };
    tunnel_done *done = tunnel->done;
    void *argument = tunnel->argument;
    tunnel_cancel(tunnel, &result);
    done(&result, argument);
}

static void timer_set(struct tunnel *tunnel, int seconds)
{
    const struct timeval limit = { seconds, 0 };
    (void)evtimer_add(tunnel->timer, &limit);
}

static int idle_limit(const struct tunnel *tunnel)
{
    return tunnel->up.ended || tunnel->down.ended ? HALF_TIMEOUT_S : TUNNEL_TIMEOUT_S;
}

static bool hello_wanted(const struct tunnel *tunnel)
{
    return tunnel->hello && (tunnel->authority.port == 443 || tunnel->hello_len > 0);
}

/* Activity only notes the time; the timer looks when it fires, and goes on if there was some. */
static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct tunnel *tunnel = argument;
    if (hello_wanted(tunnel)) {
        finish(tunnel, PROXY_TIMEOUT, "no whole TLS greeting in time");
        return;
    }
    int64_t idle_s = (clock_monotonic_us() - tunnel->active_us) / CLOCK_SECOND;
    int left = idle_limit(tunnel) - (int)idle_s;
    if (left <= 0)
        finish(tunnel, PROXY_TIMEOUT, "nothing passed for too long");
    else
        timer_set(tunnel, left);
}

/* False when the connection is broken. */
static bool flow_write(struct flow *flow, const char *bytes, size_t len)
{
    ssize_t put = len > 0 ? send(flow->to, bytes, len, MSG_NOSIGNAL) : 0;
    if (put < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    size_t written = put < 0 ? 0 : (size_t)put;
    flow->bytes += written;
    if (written == len)
        return true;
    flow->pending_at = 0;
    flow->pending_len = len - written;
    flow->pending = xcalloc(1, flow->pending_len);
    memcpy(flow->pending, bytes + written, flow->pending_len);
    (void)event_del(flow->readable);
    (void)event_add(flow->writable, NULL);
    return true;
}

/* The sender is done: say so to the receiver. True when both directions are over. */
static bool flow_end(struct flow *flow)
{
    struct tunnel *tunnel = flow->tunnel;
    (void)event_del(flow->readable);
    flow->ended = true;
    if (flow->pending)
        return false;
    (void)shutdown(flow->to, SHUT_WR);
    timer_set(tunnel, HALF_TIMEOUT_S);
    return tunnel->up.ended && tunnel->down.ended && !tunnel->up.pending && !tunnel->down.pending;
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct flow *flow = argument;
    struct tunnel *tunnel = flow->tunnel;
    ssize_t put = send(fd, flow->pending + flow->pending_at, flow->pending_len, MSG_NOSIGNAL);
    tunnel->active_us = clock_monotonic_us();
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        finish(tunnel, PROXY_CUT, NULL);
        return;
    }
    size_t written = put < 0 ? 0 : (size_t)put;
    flow->bytes += written;
    flow->pending_at += written;
    flow->pending_len -= written;
    if (flow->pending_len > 0) {
        (void)event_add(flow->writable, NULL);
        return;
    }
    free(flow->pending);
    flow->pending = NULL;
    if (!flow->ended)
        (void)event_add(flow->readable, NULL);
    else if (flow_end(flow))
        finish(tunnel, PROXY_NONE, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    static char buffer[READ_MAX];
    (void)what;
    struct flow *flow = argument;
    struct tunnel *tunnel = flow->tunnel;
    tunnel->active_us = clock_monotonic_us();
    for (int round = 0; round < ROUNDS_MAX && !flow->pending; round++) {
        ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got < 0 || (got > 0 && !flow_write(flow, buffer, (size_t)got))) {
            finish(tunnel, PROXY_CUT, NULL);
            return;
        }
        if (got == 0 && flow_end(flow))
            finish(tunnel, PROXY_NONE, NULL);
        if ((size_t)got < sizeof(buffer))
            return;
    }
}

/* Opens the way up and sends what was held back. */
static void relay(struct tunnel *tunnel)
{
    CLEANUP(freep) char *first = (char *)STEAL(tunnel->hello);
    struct flow *up = &tunnel->up;
    (void)event_del(up->readable);
    (void)event_assign(up->readable, tunnel->context->base, up->from, EV_READ | EV_PERSIST,
                       on_readable, up);
    (void)event_add(up->readable, NULL);
    if (!tunnel->down.ended && !tunnel->down.pending) /* the server may have spoken first */
        (void)event_add(tunnel->down.readable, NULL);
    timer_set(tunnel, idle_limit(tunnel));
    if (!flow_write(up, first, tunnel->hello_len))
        finish(tunnel, PROXY_CUT, NULL);
}

static void judge_name(struct tunnel *tunnel, bool named, const struct host *name)
{
    const struct host *host = &tunnel->authority.host;
    if (named ? host_equal(name, host) : host->kind != HOST_NAME)
        relay(tunnel);
    else
        finish(tunnel, PROXY_TLS_NAME,
               named ? "the TLS greeting names another host than CONNECT did"
                     : "the TLS greeting names no host");
}

/* ended: no more will come, so what is not whole by now never will be. */
static void judge_hello(struct tunnel *tunnel, bool ended)
{
    struct host name;
    switch (client_hello_read(tunnel->hello, tunnel->hello_len, &name)) {
    case CLIENT_HELLO_MORE:
        if (ended)
            finish(tunnel, PROXY_CUT, NULL);
        break;
    case CLIENT_HELLO_NAMED:
        judge_name(tunnel, true, &name);
        break;
    case CLIENT_HELLO_UNNAMED:
        judge_name(tunnel, false, NULL);
        break;
    case CLIENT_HELLO_BAD:
        finish(tunnel, PROXY_TLS_NAME, "the TLS greeting cannot be read");
        break;
    case CLIENT_HELLO_NOT_TLS:
        if (tunnel->authority.port == 443)
            finish(tunnel, PROXY_TLS_EXPECTED, "port 443 carries TLS only");
        else
            relay(tunnel);
        break;
    }
}

/* No more bytes than wait here; the end itself is read once more by whoever passes it on. */
static void hello_end(struct tunnel *tunnel)
{
    if (tunnel->hello_len > 0)
        judge_hello(tunnel, true);
    else if (tunnel->authority.port == 443)
        finish(tunnel, PROXY_NONE, NULL);
    else
        relay(tunnel); /* the server may be the one that speaks */
}

static void on_hello(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct flow *flow = argument;
    struct tunnel *tunnel = flow->tunnel;
    if (tunnel->hello_len >= CLIENT_HELLO_MAX) { /* as much came with the head: no room, no need */
        judge_hello(tunnel, false);
        return;
    }
    ssize_t got =
        recv(fd, tunnel->hello + tunnel->hello_len, CLIENT_HELLO_MAX - tunnel->hello_len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (tunnel->hello_len > 0) /* what came with the head has woken us */
            judge_hello(tunnel, false);
        return;
    }
    if (got < 0) {
        finish(tunnel, PROXY_CUT, NULL);
        return;
    }
    if (got == 0) {
        hello_end(tunnel);
        return;
    }
    if (tunnel->hello_len == 0)
        timer_set(tunnel, HELLO_TIMEOUT_S);
    tunnel->active_us = clock_monotonic_us();
    tunnel->hello_len += (size_t)got;
    judge_hello(tunnel, false);
}

static void flow_init(struct flow *flow, struct tunnel *tunnel, int from, int to)
{
    struct event_base *base = tunnel->context->base;
    *flow = (struct flow){ .tunnel = tunnel, .from = from, .to = to };
    flow->readable = event_new(base, from, EV_READ | EV_PERSIST, on_readable, flow);
    flow->writable = event_new(base, to, EV_WRITE, on_writable, flow);
}

struct tunnel *tunnel_start(const struct tunnel_config *config)
{
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    bool strict = config->authority.port == 443;
    struct tunnel *tunnel = xnew(struct tunnel);
    tunnel->context = config->context;
    tunnel->done = config->done;
    tunnel->argument = config->argument;
    tunnel->authority = config->authority;
    tunnel->active_us = clock_monotonic_us();
    tunnel->timer = evtimer_new(config->context->base, on_timer, tunnel);
    tunnel->hello =
        xcalloc(1, config->early_len > CLIENT_HELLO_MAX ? config->early_len : CLIENT_HELLO_MAX);
    if (config->early_len > 0)
        memcpy(tunnel->hello, config->early, config->early_len);
    tunnel->hello_len = config->early_len;

    flow_init(&tunnel->up, tunnel, config->down, config->up);
    flow_init(&tunnel->down, tunnel, config->up, config->down);
    (void)event_assign(tunnel->up.readable, config->context->base, config->down,
                       EV_READ | EV_PERSIST, on_hello, &tunnel->up);
    (void)event_add(tunnel->up.readable, NULL);
    if (!strict) /* the server may speak first */
        (void)event_add(tunnel->down.readable, NULL);
    timer_set(tunnel, hello_wanted(tunnel) ? HELLO_TIMEOUT_S : TUNNEL_TIMEOUT_S);

    /* the program has read all before this, so its socket has room for a line */
    (void)send(config->down, established, sizeof(established) - 1, MSG_NOSIGNAL);
    if (tunnel->hello_len > 0)
        event_active(tunnel->up.readable, EV_READ, 0);
    return tunnel;
}
