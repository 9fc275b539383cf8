#include "sandbox/proxy/body.h"

#include <event2/buffer.h>

#include "sandbox/proxy/context.h"

void body_start(struct body *body, const struct http_head *head)
{
    *body = (struct body){
        .framing = head->framing,
        .left = head->length,
        .rechunk = body->rechunk,
        .done = head->framing == HTTP_NO_BODY,
    };
}

/* len bytes of payload, as a chunk when that is wanted. */
static void move(struct body *body, struct evbuffer *in, struct evbuffer *out, size_t len)
{
    if (body->rechunk)
        (void)evbuffer_add_printf(out, "%zx\r\n", len);
    (void)evbuffer_remove_buffer(in, out, len);
    if (body->rechunk)
        (void)evbuffer_add(out, "\r\n", 2);
    body->bytes += len;
}

static void finish(struct body *body, struct evbuffer *out)
{
    body->done = true;
    if (body->rechunk)
        (void)evbuffer_add(out, "0\r\n\r\n", 5);
}

void body_end(struct body *body, struct evbuffer *out)
{
    if (body->framing == HTTP_UNTIL_CLOSE)
        finish(body, out);
}

static bool chunk_move(struct body *body, struct evbuffer *in, struct evbuffer *out)
{
    struct evbuffer_iovec first;
    size_t skip = 0, data = 0;
    (void)evbuffer_peek(in, -1, NULL, &first, 1);
    enum chunked_result result =
        chunked_step(&body->chunked, first.iov_base, first.iov_len, &skip, &data);
    if (result == CHUNKED_BAD)
        return false;
    (void)evbuffer_drain(in, skip);
    if (data > 0)
        move(body, in, out, data);
    if (result == CHUNKED_END)
        finish(body, out);
    return true;
}

bool body_move(struct body *body, struct evbuffer *in, struct evbuffer *out)
{
    size_t have;
    while (!body->done && (have = evbuffer_get_length(in)) > 0 &&
           evbuffer_get_length(out) < FLOW_MAX) {
        if (body->framing == HTTP_CHUNKED) {
            if (!chunk_move(body, in, out))
                return false;
        } else if (body->framing == HTTP_LENGTH) {
            size_t len = have < body->left ? have : (size_t)body->left;
            move(body, in, out, len);
            body->left -= len;
            body->done = body->left == 0;
        } else {
            move(body, in, out, have);
        }
    }
    return true;
}
