/*
 * HTTP client, over libcurl: requests with limits, retries and resumed downloads.
 *
 * https, or http where url_check() allows it. Certificates are checked against the system's roots,
 * or in their place those of SSL_CERT_FILE and SSL_CERT_DIR. Redirects are followed for GET alone,
 * within url_check(), and never carry credentials to another origin. To other machines the proxy of
 * https_proxy, HTTPS_PROXY, http_proxy, all_proxy or ALL_PROXY is used, but for the hosts of
 * no_proxy or NO_PROXY. Nothing is sent that a request does not name, but User-Agent and Accept. A
 * session is for one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/http/url.h"

struct http;

struct http_setup {
    const char *user_agent;
    bool allow_plain;           /* http to any host */
    unsigned attempts;          /* of what failed in passing; 0: 3 */
    void (*pause)(unsigned ms); /* between attempts; NULL: sleeps */
    /* What has arrived of the answer; total is 0 when unknown. May be NULL. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    /* May add advice to the failure to find the host of a URL. May be NULL. */
    void (*unresolved)(void *context, const char *url, struct error *err);
    void *context; /* of both */
};

struct http *http_new(const struct http_setup *setup);
void http_free(struct http *http);
DEFINE_CLEANUP(struct http *, http_free)

/* A part of a multipart/form-data body (RFC 7578). */
struct http_part {
    const char *name;
    const char *file_name; /* NULL: a plain field */
    const char *content_type;
    const void *bytes;
    size_t len;
};

struct http_response {
    int status;
    const char *url;          /* that answered; NULL: unknown */
    unsigned retry_after_s;   /* what the server asked for; 0: nothing */
    const char *content_type; /* "" when there is none */
    const char *etag;         /* "" when there is none */
    const char *body;         /* NUL behind it; empty when a sink took it */
    size_t body_len;
};

/* Takes the body of a 2xx answer as it comes; begin is called for an empty one too. A false return
 * ends the transfer with that error. */
struct http_sink {
    void *context;
    bool (*begin)(void *context, const struct http_response *head, struct error *err);
    bool (*bytes)(void *context, const void *bytes, size_t len, struct error *err);
};

struct http_request {
    const char *method; /* NULL: GET */
    const char *url;
    const char *bearer; /* a token (RFC 6750), or NULL */
    const char *accept; /* NULL: anything */
    const char *content_type;
    const void *body;
    size_t body_len;
    const struct http_part *parts; /* in place of a body */
    size_t part_count;
    bool repeatable;      /* doing it twice is doing it once: try again on failures in passing */
    size_t max_bytes;     /* of a 2xx answer, TOO_LARGE when there is more; 0: LIMIT_JSON_BYTES */
    uint64_t range_from;  /* ask for what is behind this many bytes */
    const char *if_range; /* ... if the strong ETag is still this one */
    const struct http_sink *sink;
};

/*
 * Sends and waits. True whenever there was an answer, whatever its status: see http_require.
 * UNAVAILABLE when there was none. GET is always repeatable; nothing is repeated once a sink has
 * had bytes. Response text is in arena.
 */
bool http_send(struct http *http, const struct http_request *request, struct arena *arena,
               struct http_response *out, struct error *err) MUST_CHECK;

/*
 * Fails unless the status is 2xx, with what the server said: the detail, field and hint of an
 * application/problem+json (RFC 9457), or its status. The text is made safe for a terminal.
 */
bool http_require(const struct http_response *response, struct error *err) MUST_CHECK;

/* http_send, http_require, and the body read as a record (strictly unless the record is open). */
struct record;
bool http_fetch(struct http *http, const struct http_request *request, const struct record *record,
                struct arena *arena, void *out, struct error *err) MUST_CHECK;

/*
 * Fetches into fd, which may hold the beginning from an earlier attempt, with the ETag that came
 * with it (NULL: unknown, and fd is begun anew). A broken transfer is taken up where it broke. The
 * caller checks the digest. *out_etag may be NULL; text is in arena.
 */
struct http_download {
    const char *url;
    const char *bearer;
    const char *etag;
    bool immutable; /* the URL has one content for good: no ETag is needed to go on */
    size_t max_bytes;
};
bool http_download(struct http *http, const struct http_download *download, int fd,
                   struct arena *arena, const char **out_etag, struct error *err) MUST_CHECK;
