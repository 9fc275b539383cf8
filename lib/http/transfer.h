/* One exchange with libcurl (for http.c alone). */
#pragma once

#include <curl/curl.h>

#include "lib/base/buf.h"
#include "lib/http/http.h"

struct http {
    CURL *curl;
    struct http_setup setup;
    char *user_agent;
};

struct transfer {
    struct http *http;
    const struct http_request *request;
    const char *url; /* after redirects */
    const char *bearer;
    struct arena *arena;
    size_t max_bytes;
    struct http_response head;
    struct buf body;
    uint64_t arrived; /* bytes of the body */
    uint64_t content_length;
    unsigned retry_after_s; /* what the server asked for; 0: nothing */
    bool begun;             /* the sink has been told */
    bool stopped;           /* by us: failure has the reason */
    struct error failure;
    const char *redirect; /* where the answer points, absolute; NULL */
};

/* What came of it: an answer, a failure that may pass, or one that will not. */
enum transfer_result { TRANSFER_ANSWERED, TRANSFER_PASSING, TRANSFER_FAILED };

enum transfer_result transfer_run(struct transfer *transfer, struct error *err);
