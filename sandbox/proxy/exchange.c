#include "sandbox/proxy/exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sandbox/proxy/body.h"

#define INTERIM_MAX 16 /* 1xx answers to one request */

struct exchange {
    struct exchange_config config;
    struct exchange_result result;
    struct body request, response;
    struct event *timer;
    int64_t active_us;
    size_t scanned; /* of the answer's head */
    unsigned interim;
    bool has_head; /* the answer's, not of an interim one */
    bool up_ended, up_failed;
    bool down_keeps; /* as the program was told */
    bool up_keeps;
};

void exchange_cancel(struct exchange *exchange, struct exchange_result *result)
{
    bufferevent_setcb(exchange->config.down, NULL, NULL, NULL, NULL);
    bufferevent_setcb(exchange->config.up, NULL, NULL, NULL, NULL);
    event_free(exchange->timer);
    exchange->result.bytes_up = exchange->request.bytes;
    exchange->result.bytes_down = exchange->response.bytes;
    *result = exchange->result;
    free(exchange);
}

static void finish(struct exchange *exchange, enum proxy_category category, const char *reason)
{
    struct exchange_config config = exchange->config;
    struct exchange_result result;
    bool whole = category == PROXY_NONE && exchange->request.done;
    /* bytes behind the answer would be read as the next one's: that server is out of step */
    bool in_step = evbuffer_get_length(bufferevent_get_input(exchange->config.up)) == 0;
    exchange->result.category = category;
    exchange->result.reason = reason;
    exchange->result.down_open = whole && exchange->down_keeps;
    exchange->result.up_open = whole && exchange->up_keeps && !exchange->up_ended && in_step;
    exchange_cancel(exchange, &result);
    config.done(&result, config.argument);
}

static void add_text(struct evbuffer *out, struct http_text text)
{
    (void)evbuffer_add(out, text.data, text.len);
}

static void add_fields(struct evbuffer *out, const struct http_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        if (head->fields[i].hop)
            continue;
        add_text(out, head->fields[i].name);
        (void)evbuffer_add(out, ": ", 2);
        add_text(out, head->fields[i].value);
        (void)evbuffer_add(out, "\r\n", 2);
    }
}

static void send_request_head(struct exchange *exchange)
{
    const struct http_head *head = exchange->config.head;
    const struct http_target *target = exchange->config.target;
    struct evbuffer *out = bufferevent_get_output(exchange->config.up);
    char authority[AUTHORITY_TEXT_MAX];
    authority_print(exchange->config.authority, 80, authority);

    add_text(out, head->method);
    (void)evbuffer_add_printf(out, target->query_only ? " /" : " ");
    add_text(out, target->path);
    (void)evbuffer_add_printf(out, " HTTP/1.1\r\nHost: %s\r\n", authority);
    add_fields(out, head);
    if (head->framing == HTTP_CHUNKED)
        (void)evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n");
    else if (head->has_length)
        (void)evbuffer_add_printf(out, "Content-Length: %llu\r\n",
                                  (unsigned long long)head->length);
    (void)evbuffer_add_printf(out, "Connection: keep-alive\r\n\r\n");
}

static void send_response_head(struct exchange *exchange, const struct http_head *head)
{
    struct evbuffer *out = bufferevent_get_output(exchange->config.down);
    bool interim = head->status < 200;
    bool old = exchange->config.head->minor == 0; /* HTTP/1.0 knows neither 1xx nor chunks */
    if (interim && old)
        return;

    (void)evbuffer_add_printf(out, "HTTP/1.1 %u ", head->status);
    add_text(out, head->reason);
    (void)evbuffer_add(out, "\r\n", 2);
    add_fields(out, head);
    exchange->result.answered = true;
    if (interim) {
        (void)evbuffer_add(out, "\r\n", 2);
        return;
    }
    /* an answer that ends with its connection gets chunks, so that one cut short looks like it */
    bool unmeasured = head->framing == HTTP_CHUNKED || head->framing == HTTP_UNTIL_CLOSE;
    exchange->response.rechunk = unmeasured && !old;
    exchange->down_keeps = exchange->config.head->keep_alive && !(unmeasured && old);
    if (exchange->response.rechunk)
        (void)evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n");
    else if (head->has_length && head->status != 204)
        (void)evbuffer_add_printf(out, "Content-Length: %llu\r\n",
                                  (unsigned long long)head->length);
    (void)evbuffer_add_printf(out, "Connection: %s\r\n\r\n",
                              exchange->down_keeps ? "keep-alive" : "close");
}

static bool head_apply(struct exchange *exchange, const struct http_head *head)
{
    exchange->scanned = 0;
    if (head->status == 101 || (head->status < 200 && ++exchange->interim > INTERIM_MAX))
        return false;
    send_response_head(exchange, head);
    if (head->status < 200)
        return true;
    exchange->has_head = true;
    exchange->result.status = head->status;
    exchange->up_keeps = head->keep_alive;
    body_start(&exchange->response, head);
    return true;
}

/* Reads heads until the answer's own is there. False when the exchange is over. */
static bool pump_heads(struct exchange *exchange)
{
    struct evbuffer *in = bufferevent_get_input(exchange->config.up);
    struct http_head head;
    while (!exchange->has_head) {
        size_t have = evbuffer_get_length(in), len;
        size_t look = have < HTTP_HEAD_MAX ? have : HTTP_HEAD_MAX;
        const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)look);
        bool answers_head = http_text_is(exchange->config.head->method, "head");
        struct error err;
        if (have == 0)
            return true;
        bool fine = http_head_find(bytes, look, &exchange->scanned, &len, &err);
        if (fine && len == 0)
            return true;
        fine = fine && http_response_parse(bytes, len, answers_head, &head, &err) &&
               head_apply(exchange, &head);
        if (!fine) {
            finish(exchange, PROXY_BAD_RESPONSE, "the server's answer is not plain HTTP/1.1");
            return false;
        }
        (void)evbuffer_drain(in, len);
    }
    return true;
}

static void pump_response(struct exchange *exchange)
{
    struct evbuffer *in = bufferevent_get_input(exchange->config.up);
    struct evbuffer *out = bufferevent_get_output(exchange->config.down);
    if (!pump_heads(exchange))
        return;
    if (exchange->has_head && !body_move(&exchange->response, in, out)) {
        finish(exchange, PROXY_BAD_RESPONSE, "the server's chunks are malformed");
        return;
    }
    bool drained = exchange->up_ended && (!exchange->has_head || evbuffer_get_length(in) == 0);
    if (drained && !exchange->up_failed)
        body_end(&exchange->response, out);
    if (exchange->has_head && exchange->response.done) {
        finish(exchange, PROXY_NONE, NULL);
    } else if (drained) {
        exchange->result.silent = !exchange->interim && !exchange->has_head && !exchange->scanned;
        finish(exchange, PROXY_CUT, "the server closed before its answer was complete");
    }
}

/* False when the exchange is over. */
static bool pump_request(struct exchange *exchange)
{
    struct evbuffer *in = bufferevent_get_input(exchange->config.down);
    struct evbuffer *out = bufferevent_get_output(exchange->config.up);
    if (body_move(&exchange->request, in, out))
        return true;
    finish(exchange, PROXY_BAD_REQUEST, "the request's chunks are malformed");
    return false;
}

static void on_down_read(struct bufferevent *down, void *argument)
{
    (void)down;
    struct exchange *exchange = argument;
    exchange->active_us = clock_monotonic_us();
    (void)pump_request(exchange);
}

static void on_down_write(struct bufferevent *down, void *argument)
{
    (void)down;
    struct exchange *exchange = argument;
    exchange->active_us = clock_monotonic_us();
    pump_response(exchange);
}

static void on_down_event(struct bufferevent *down, short what, void *argument)
{
    (void)down, (void)what;
    finish(argument, PROXY_CUT, "the program closed the connection");
}

static void on_up_read(struct bufferevent *up, void *argument)
{
    (void)up;
    struct exchange *exchange = argument;
    exchange->active_us = clock_monotonic_us();
    pump_response(exchange);
}

static void on_up_write(struct bufferevent *up, void *argument)
{
    (void)up;
    struct exchange *exchange = argument;
    exchange->active_us = clock_monotonic_us();
    (void)pump_request(exchange);
}

static void on_up_event(struct bufferevent *up, short what, void *argument)
{
    (void)up;
    struct exchange *exchange = argument;
    exchange->up_ended = true;
    exchange->up_failed = (what & BEV_EVENT_ERROR) != 0;
    pump_response(exchange);
}

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct exchange *exchange = argument;
    int64_t idle_us = clock_monotonic_us() - exchange->active_us;
    int left = MESSAGE_TIMEOUT_S - (int)(idle_us / CLOCK_SECOND);
    const struct timeval limit = { left, 0 };
    if (left <= 0)
        finish(exchange, PROXY_TIMEOUT, "nothing passed for too long");
    else
        (void)evtimer_add(exchange->timer, &limit);
}

struct exchange *exchange_start(const struct exchange_config *config)
{
    const struct timeval limit = { MESSAGE_TIMEOUT_S, 0 };
    struct exchange *exchange = xnew(struct exchange);
    exchange->config = *config;
    exchange->active_us = clock_monotonic_us();
    exchange->timer = evtimer_new(config->base, on_timer, exchange);
    (void)evtimer_add(exchange->timer, &limit);
    body_start(&exchange->request, config->head);
    exchange->request.rechunk = config->head->framing == HTTP_CHUNKED;

    bufferevent_setcb(config->down, on_down_read, on_down_write, on_down_event, exchange);
    bufferevent_setcb(config->up, on_up_read, on_up_write, on_up_event, exchange);
    (void)bufferevent_enable(config->down, EV_READ | EV_WRITE);
    (void)bufferevent_enable(config->up, EV_READ | EV_WRITE);
    send_request_head(exchange);
    /* what of the body came with the head; the loop's next turn, so that done is never called here
     */
    bufferevent_trigger(config->down, EV_READ,
                        BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
    return exchange;
}
