/*
 * An HTTP/1.1 server on loopback that plays a script: each connection gets the next answer, byte
 * for byte, and is closed. When the script is over, connections are refused.
 */
#pragma once

#include <stddef.h>

#include "lib/base/cleanup.h"

#define HTTP_SCRIPT_MAX 40 /* answers */

struct http_answer {
    const char *text; /* "": closes without a word */
    size_t fill;      /* so many 'x' behind it */
};

/* One that ends where the connection does, unless headers have a Content-Length. */
#define HTTP_ANSWER(status, headers, body) \
    "HTTP/1.1 " status "\r\nConnection: close\r\n" headers "\r\n" body

struct http_script;

/* The texts must outlive the script; the table need not. */
struct http_script *http_script_start(const struct http_answer *answers, size_t count);
void http_script_stop(struct http_script *script);
DEFINE_CLEANUP(struct http_script *, http_script_stop)

/* http://127.0.0.1:PORT */
const char *http_script_url(const struct http_script *script);

/* What came, head and body, in order. */
size_t http_script_count(const struct http_script *script);
const char *http_script_request(const struct http_script *script, size_t index);
