/*
 * One plain HTTP request and its answer: the head is printed anew from its parsed form, bodies
 * stream both ways, framed anew, and never lie in memory whole. Hop-by-hop fields stay behind,
 * Host is the authority that was judged.
 */
#pragma once

#include "sandbox/proxy/context.h"
#include "sandbox/proxy/http_head.h"

struct bufferevent;
struct exchange;

struct exchange_result {
    enum proxy_category category;  /* PROXY_NONE when the whole answer went down */
    const char *reason;            /* or NULL */
    unsigned status;               /* of the server's answer; 0 when none was read */
    uint64_t bytes_up, bytes_down; /* of bodies */
    bool answered;                 /* something of the answer went down */
    bool silent; /* the server closed without a word: a kept connection that had grown old */
    bool down_open, up_open; /* can take another request */
};

typedef void exchange_done(const struct exchange_result *result, void *argument);

struct exchange_config {
    struct event_base *base;
    struct bufferevent *down, *up; /* the caller's; callbacks are set anew by the exchange */
    const struct http_head *head;  /* outlives the exchange, as do the next two */
    const struct http_target *target;
    const struct authority *authority;
    exchange_done *done; /* called from the loop; the exchange is gone then */
    void *argument;
};

struct exchange *exchange_start(const struct exchange_config *config);
/* done will not be called. */
void exchange_cancel(struct exchange *exchange, struct exchange_result *result);
