/* The body of one HTTP message on its way from one buffer to another, as its head frames it. */
#pragma once

#include "sandbox/proxy/chunked.h"
#include "sandbox/proxy/http_head.h"

struct evbuffer;

struct body {
    enum http_framing framing;
    uint64_t left; /* HTTP_LENGTH */
    struct chunked chunked;
    bool rechunk;   /* print what was chunked as chunks again */
    bool done;      /* never by itself for HTTP_UNTIL_CLOSE */
    uint64_t bytes; /* payload moved */
};

void body_start(struct body *body, const struct http_head *head);
/*
 * Moves what is there while out holds less than FLOW_MAX; stops at the end of the body and leaves
 * what follows. False for chunks that are malformed.
 */
bool body_move(struct body *body, struct evbuffer *in, struct evbuffer *out);
/* The sender closed: the proper end of a body that is HTTP_UNTIL_CLOSE, and of no other. */
void body_end(struct body *body, struct evbuffer *out);
