#include "sandbox/proxy/session.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sandbox/proxy/client_hello.h"
#include "sandbox/proxy/dial.h"
#include "sandbox/proxy/exchange.h"
#include "sandbox/proxy/refusal.h"
#include "sandbox/proxy/tunnel.h"

struct session {
    struct context *context;
    session_done *done;
    void *argument;
    struct event *timer;
    struct bufferevent *down; /* NULL while a tunnel has the socket */
    struct bufferevent *up;   /* kept for the next request, or NULL */
    struct authority up_authority;

    size_t scanned;
    char *bytes; /* the head of the request under way */
    struct http_head head;
    struct http_target target;
    struct authority authority;
    struct proxy_event event; /* what will be reported of it */
    struct host address;      /* connected to */
    int64_t begun_us;
    bool reused, retried;

    struct dial *dial; /* at most one of these three */
    struct tunnel *tunnel;
    struct exchange *exchange;
};

static void head_wait(struct session *session);

static void timer_set(struct session *session, int seconds)
{
    const struct timeval limit = { seconds, 0 };
    (void)evtimer_add(session->timer, &limit);
}

static void up_close(struct session *session)
{
    if (session->up)
        bufferevent_free(session->up);
    session->up = NULL;
}

static void session_free(struct session *session)
{
    up_close(session);
    if (session->down)
        bufferevent_free(session->down);
    event_free(session->timer);
    free(session->bytes);
    free(session);
}

static void end(struct session *session)
{
    session_done *done = session->done;
    void *argument = session->argument;
    done(session, argument);
    session_free(session);
}

/* The request under way is over. */
static void request_clear(struct session *session)
{
    free(session->bytes);
    session->bytes = NULL;
    session->scanned = 0;
    session->retried = false;
}

static void report(struct session *session, enum proxy_event_kind kind)
{
    session->event.event = (int)kind;
    if (kind == PROXY_END)
        session->event.duration_us = (uint64_t)(clock_monotonic_us() - session->begun_us);
    report_event(&session->context->report, &session->event);
}

/* Refusals: the answer is read by people, so it says why; then the connection lingers a moment. */

static void on_linger_read(struct bufferevent *down, void *argument)
{
    (void)argument;
    struct evbuffer *in = bufferevent_get_input(down);
    (void)evbuffer_drain(in, evbuffer_get_length(in));
}

static void on_linger_write(struct bufferevent *down, void *argument)
{
    (void)argument;
    (void)shutdown(bufferevent_getfd(down), SHUT_WR);
}

static void on_linger_event(struct bufferevent *down, short what, void *argument)
{
    bool unsaid = evbuffer_get_length(bufferevent_get_output(down)) > 0;
    if (!unsaid || !(what & BEV_EVENT_EOF)) /* who has only ended its side can still read */
        end(argument);
}

/* Lets what was written reach the program before the socket goes (RFC 9112 section 9.6). */
static void linger(struct session *session)
{
    request_clear(session);
    up_close(session);
    timer_set(session, LINGER_TIMEOUT_S);
    bufferevent_setcb(session->down, on_linger_read, on_linger_write, on_linger_event, session);
    (void)bufferevent_enable(session->down, EV_READ | EV_WRITE);
    if (evbuffer_get_length(bufferevent_get_output(session->down)) == 0)
        on_linger_write(session->down, session);
}

static void answer_refusal(struct session *session, enum proxy_category category,
                           const char *reason, const char *hint)
{
    char text[REFUSAL_MAX];
    size_t len = refusal_print(category, reason, hint, text);
    session->event.status = refusal_status(category);
    (void)evbuffer_add(bufferevent_get_output(session->down), text, len);
}

/* Ends with an answer that is ours, and on record as event. */
static void end_with(struct session *session, enum proxy_event_kind event,
                     enum proxy_category category, const char *reason, const char *hint)
{
    answer_refusal(session, category, reason, hint);
    session->event.category = (int)category;
    session->event.reason = reason;
    report(session, event);
    linger(session);
}

static void refuse(struct session *session, enum proxy_category category, const char *reason,
                   const char *hint)
{
    end_with(session, PROXY_DECISION, category, reason, hint);
}

/* What was allowed ends without an answer of the server. */
static void fail(struct session *session, enum proxy_category category, const char *reason,
                 const char *hint)
{
    end_with(session, PROXY_END, category, reason, hint);
}

/* Plain HTTP */

static void exchange_begin(struct session *session);
static void connection_make(struct session *session);

static void report_exchange(struct session *session, const struct exchange_result *result)
{
    session->event.category = (int)result->category;
    session->event.reason = result->reason;
    session->event.status = result->status;
    session->event.bytes_up = result->bytes_up;
    session->event.bytes_down = result->bytes_down;
}

static void on_exchange(const struct exchange_result *result, void *argument)
{
    struct session *session = argument;
    session->exchange = NULL;
    bool repeatable =
        session->head.framing == HTTP_NO_BODY && http_method_is_idempotent(session->head.method);
    if (result->silent && session->reused && repeatable && !session->retried) {
        session->retried = true; /* the server had given the kept connection up meanwhile */
        up_close(session);
        connection_make(session);
        return;
    }
    report_exchange(session, result);
    if (result->category != PROXY_NONE && !result->answered) {
        fail(session, result->category, result->reason, "");
        return;
    }
    report(session, PROXY_END);
    if (!result->up_open)
        up_close(session);
    if (result->down_open)
        head_wait(session);
    else
        linger(session);
}

static void exchange_begin(struct session *session)
{
    const struct exchange_config config = {
        .base = session->context->base,
        .down = session->down,
        .up = session->up,
        .head = &session->head,
        .target = &session->target,
        .authority = &session->authority,
        .done = on_exchange,
        .argument = session,
    };
    (void)evtimer_del(session->timer);
    session->exchange = exchange_start(&config);
}

/* Tunnels */

static void on_tunnel(const struct tunnel_result *result, void *argument)
{
    struct session *session = argument;
    session->tunnel = NULL;
    session->event.category = (int)result->category;
    session->event.reason = result->reason;
    session->event.bytes_up = result->bytes_up;
    session->event.bytes_down = result->bytes_down;
    if (result->category == PROXY_TLS_NAME || result->category == PROXY_TLS_EXPECTED)
        session->event.allowed = false;
    report(session, PROXY_END);
    end(session);
}

/* The socket leaves its bufferevent, with what had been read behind the head. */
static void tunnel_begin(struct session *session, int up)
{
    struct bufferevent *from = STEAL(session->down);
    struct evbuffer *in = bufferevent_get_input(from);
    int down = bufferevent_getfd(from);
    (void)bufferevent_disable(from, EV_READ | EV_WRITE);
    (void)bufferevent_setfd(from, -1);
    (void)evtimer_del(session->timer);

    const struct tunnel_config config = {
        .context = session->context,
        .down = down,
        .up = up,
        .authority = session->authority,
        .early = evbuffer_pullup(in, -1),
        .early_len = evbuffer_get_length(in),
        .done = on_tunnel,
        .argument = session,
    };
    session->tunnel = tunnel_start(&config);
    bufferevent_free(from);
}

/* Both */

static void on_dial(struct dial_result *result, void *argument)
{
    struct session *session = argument;
    session->dial = NULL;
    if (!result->judgement.allowed) {
        session->event.allowed = false;
        session->event.rule = result->judgement.rule;
        refuse(session, result->category, result->reason, "");
        return;
    }
    if (result->fd < 0) {
        (session->retried ? fail : refuse)(session, result->category, result->reason, "");
        return;
    }
    session->address = result->address;
    session->event.address = session->address.text;
    session->reused = false;
    if (!session->retried)
        report(session, PROXY_DECISION);
    if (session->event.mode == PROXY_CONNECT) {
        tunnel_begin(session, result->fd);
        return;
    }
    session->up = bufferevent_socket_new(session->context->base, result->fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setwatermark(session->up, EV_READ, 0, FLOW_MAX);
    session->up_authority = session->authority;
    exchange_begin(session);
}

static void dial_abandon(struct session *session, const char *reason)
{
    dial_cancel(STEAL(session->dial));
    session->event.category = PROXY_CUT;
    session->event.reason = reason;
    report(session, session->retried ? PROXY_END : PROXY_DECISION);
}

/* Early bytes of a tunnel go up with the end behind them; an end alone is a program that left. */
static void on_down_gone(struct bufferevent *down, short what, void *argument)
{
    struct session *session = argument;
    bool early = session->event.mode == PROXY_CONNECT &&
                 evbuffer_get_length(bufferevent_get_input(down)) > 0;
    if (early && (what & BEV_EVENT_EOF))
        return;
    dial_abandon(session, "the program closed the connection");
    end(session);
}

static void connection_make(struct session *session)
{
    bufferevent_setcb(session->down, NULL, NULL, on_down_gone, session);
    (void)evtimer_del(session->timer);
    session->dial = dial_start(session->context, &session->authority, on_dial, session);
}

static bool same_authority(const struct authority *a, const struct authority *b)
{
    return a->port == b->port && host_equal(&a->host, &b->host);
}

static void go(struct session *session)
{
    struct host_judgement judgement;
    host_rules_judge(&session->context->rules, &session->authority, &judgement);
    session->event.host = session->authority.host.text;
    session->event.port = session->authority.port;
    session->event.rule = judgement.rule;
    session->event.allowed = judgement.allowed;
    if (!judgement.allowed) {
        refuse(session, judgement.category, judgement.reason, "");
        return;
    }
    if (session->up && !same_authority(&session->authority, &session->up_authority))
        up_close(session);
    if (session->up && session->event.mode == PROXY_HTTP) {
        session->reused = true;
        session->event.address = session->address.text;
        report(session, PROXY_DECISION);
        exchange_begin(session);
        return;
    }
    up_close(session);
    connection_make(session);
}

/* Requests */

static bool authority_read(struct session *session, struct error *err)
{
    const struct http_head *head = &session->head;
    if (session->event.mode == PROXY_CONNECT) {
        if (head->framing != HTTP_NO_BODY)
            return error_set(err, INVALID, "CONNECT with a body");
        return authority_parse(head->target.data, head->target.len, 0, &session->authority, err);
    }
    if (!http_target_parse(head, &session->target, err))
        return false;
    const struct http_text *text = &session->target.authority;
    if (!authority_parse(text->data, text->len, 80, &session->authority, err))
        return false;
    if (head->wants_socket) {
        (void)error_set(err, UNSUPPORTED, "WebSocket over plain HTTP is not carried");
        return error_hint(err, "use wss://, or ws:// through CONNECT");
    }
    if (http_text_is(head->method, "trace"))
        return error_set(err, UNSUPPORTED, "TRACE is not carried");
    return true;
}

static bool request_read(struct session *session, size_t len, struct error *err)
{
    session->bytes = xcalloc(1, len);
    (void)evbuffer_remove(bufferevent_get_input(session->down), session->bytes, len);
    if (!http_request_parse(session->bytes, len, &session->head, err))
        return false;
    bool connect = http_text_is(session->head.method, "connect");
    session->event.mode = connect ? PROXY_CONNECT : PROXY_HTTP;
    return authority_read(session, err);
}

/* A method is reported when it is one of the usual words; others might be anything. */
static const char *method_name(const struct http_head *head)
{
    static const char *const names[] = { "GET",    "HEAD",    "POST",  "PUT",
                                         "DELETE", "OPTIONS", "PATCH", "CONNECT" };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (http_text_is(head->method, names[i]))
            return names[i];
    }
    return "other";
}

static enum proxy_category category_of(const struct error *err)
{
    return err->kind == ERROR_UNSUPPORTED ? PROXY_UNSUPPORTED : PROXY_BAD_REQUEST;
}

static void on_head_read(struct bufferevent *down, void *argument)
{
    struct session *session = argument;
    struct evbuffer *in = bufferevent_get_input(down);
    size_t have = evbuffer_get_length(in), len = 0;
    size_t look = have < HTTP_HEAD_MAX ? have : HTTP_HEAD_MAX;
    const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)look);
    struct error err = { .hint = "" };
    if (have == 0 || evbuffer_get_length(bufferevent_get_output(down)) > 0)
        return; /* the answer before goes first */
    if (session->scanned == 0)
        timer_set(session, HEAD_TIMEOUT_S);

    session->event = (struct proxy_event){ .id = session->context->report.last_id + 1 };
    session->begun_us = clock_monotonic_us();
    bool fine = http_head_find(bytes, look, &session->scanned, &len, &err);
    if (fine && len == 0)
        return;
    (void)report_next_id(&session->context->report);
    fine = fine && request_read(session, len, &err);
    if (session->bytes && session->event.mode != PROXY_MODE_NONE)
        session->event.method = method_name(&session->head);
    if (fine)
        go(session);
    else
        refuse(session, category_of(&err), err.message, err.hint);
}

static void on_idle_event(struct bufferevent *down, short what, void *argument)
{
    (void)down, (void)what;
    end(argument);
}

static void on_up_idle_event(struct bufferevent *up, short what, void *argument)
{
    (void)up, (void)what;
    up_close(argument);
}

/* A server that speaks unasked is no longer in step with us. */
static void on_up_idle_read(struct bufferevent *up, void *argument)
{
    (void)up;
    up_close(argument);
}

/* Waits for the next head; what of it has come already is looked at in the loop's next turn. */
static void head_wait(struct session *session)
{
    request_clear(session);
    timer_set(session, IDLE_TIMEOUT_S);
    bufferevent_setcb(session->down, on_head_read, on_head_read, on_idle_event, session);
    (void)bufferevent_enable(session->down, EV_READ | EV_WRITE);
    if (session->up)
        bufferevent_setcb(session->up, on_up_idle_read, NULL, on_up_idle_event, session);
    bufferevent_trigger(session->down, EV_READ,
                        BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    end(argument);
}

struct session *session_start(struct context *context, int fd, session_done *done, void *argument)
{
    struct session *session = xnew(struct session);
    session->context = context;
    session->done = done;
    session->argument = argument;
    session->timer = evtimer_new(context->base, on_timer, session);
    session->down = bufferevent_socket_new(context->base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setwatermark(session->down, EV_READ, 0, FLOW_MAX);
    head_wait(session);
    return session;
}

void session_cancel(struct session *session)
{
    struct tunnel_result tunnel = { 0 };
    struct exchange_result exchange = { 0 };
    bool ended = session->tunnel || session->exchange;
    if (session->dial)
        dial_abandon(session, "the run has ended");
    if (session->exchange) {
        exchange_cancel(session->exchange, &exchange);
        report_exchange(session, &exchange);
    }
    if (session->tunnel) {
        tunnel_cancel(session->tunnel, &tunnel);
        session->event.bytes_up = tunnel.bytes_up;
        session->event.bytes_down = tunnel.bytes_down;
    }
    if (ended) {
        session->event.category = PROXY_CUT;
        session->event.reason = "the run has ended";
        report(session, PROXY_END);
    }
    session_free(session);
}
