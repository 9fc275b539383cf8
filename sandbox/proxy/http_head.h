/*
 * Heads of HTTP/1.x messages (RFC 9112), read strictly and once. What is forwarded is printed from
 * the parsed form, never copied as bytes, so that nobody downstream can read it differently.
 *
 * Refused: bare CR or LF, NUL and other controls, folded lines, white space before a colon, more
 * than one Host or Content-Length, Content-Length together with Transfer-Encoding, any transfer
 * coding but exactly `chunked`, versions other than 1.0 and 1.1.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define HTTP_HEAD_MAX   ((size_t)64 * 1024)
#define HTTP_LINE_MAX   ((size_t)8 * 1024) /* request line, status line */
#define HTTP_METHOD_MAX 32
#define HTTP_FIELDS_MAX 100

struct http_text {
    const char *data; /* into the head's bytes; not NUL-terminated */
    size_t len;
};

struct http_field {
    struct http_text name, value;
    bool hop; /* belongs to one connection: not forwarded */
};

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_head {
    struct http_text method, target; /* of a request */
    unsigned status;                 /* of a response */
    struct http_text reason;
    unsigned minor; /* of the version, 0 or 1 */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t count;
    enum http_framing framing;
    uint64_t length;   /* HTTP_LENGTH; of a response also when it answers HEAD */
    bool has_length;   /* a Content-Length was there */
    bool keep_alive;   /* the sender can go on after this message */
    bool wants_socket; /* Upgrade: websocket */
};

/*
 * Where the head ends: its length with the empty line, or 0 when more bytes are needed. *scanned is
 * 0 at first and remembers how far earlier calls came. INVALID for a bare CR, LF or NUL, TOO_LARGE
 * over HTTP_HEAD_MAX.
 */
bool http_head_find(const char *bytes, size_t len, size_t *scanned, size_t *out_len,
                    struct error *err) MUST_CHECK;

/* bytes is what http_head_find found, and must outlive *out. UNSUPPORTED, TOO_LARGE or INVALID. */
bool http_request_parse(const char *bytes, size_t len, struct http_head *out, struct error *err)
    MUST_CHECK;
/* answers_head: the request was HEAD, so there is no body whatever the fields say. */
bool http_response_parse(const char *bytes, size_t len, bool answers_head, struct http_head *out,
                         struct error *err) MUST_CHECK;

/*
 * The request line of an absolute-form target: splits "http://authority/path?query". *path is
 * "/path?query", "/" or, for OPTIONS without a path, "*"; *query_only when "/" has to be put
 * before.
 */
struct http_target {
    struct http_text authority, path;
    bool query_only;
};
bool http_target_parse(const struct http_head *head, struct http_target *out, struct error *err)
    MUST_CHECK;

/* A request with this method may be sent twice: the effect is that of one (RFC 9110 9.2.2). */
bool http_method_is_idempotent(struct http_text method);

bool http_text_is(struct http_text text, const char *word); /* without regard to case */
