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

static void move(struct body *body, struct evbuffer *in, struct evbuffer *out, size_t len)
{
    (void)evbuffer_remove_buffer(in, out, len);
    body->bytes += len;
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
    if (data > 0) {
        if (body->rechunk)
            (void)evbuffer_add_printf(out, "%zx\r\n", data);
        move(body, in, out, data);
        if (body->rechunk)
            (void)evbuffer_add(out, "\r\n", 2);
    }
    body->done = result == CHUNKED_END;
    if (body->done && body->rechunk)
        (void)evbuffer_add(out, "0\r\n\r\n", 5);
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
