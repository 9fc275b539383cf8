#include "sandbox/proxy/refusal.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct kind {
    unsigned status;
    const char *phrase;
    const char *error; /* RFC 9209 section 2.3 */
} kinds[] = {
    [PROXY_NONE]             = { 500, "Internal Server Error", "proxy_internal_error" },
    [PROXY_METADATA]         = { 403, "Forbidden", "destination_ip_prohibited" },
    [PROXY_HOST_DENIED]      = { 403, "Forbidden", "http_request_denied" },
    [PROXY_HOST_NOT_ALLOWED] = { 403, "Forbidden", "http_request_denied" },
    [PROXY_PORT_NOT_ALLOWED] = { 403, "Forbidden", "http_request_denied" },
    [PROXY_ADDRESS_DENIED]   = { 403, "Forbidden", "destination_ip_prohibited" },
    [PROXY_NAME_UNRESOLVED]  = { 502, "Bad Gateway", "dns_error" },
    [PROXY_CONNECT_FAILED]   = { 502, "Bad Gateway", "destination_unavailable" },
    [PROXY_TLS_NAME]         = { 403, "Forbidden", "http_request_denied" },
    [PROXY_TLS_EXPECTED]     = { 403, "Forbidden", "http_request_denied" },
    [PROXY_BAD_REQUEST]      = { 400, "Bad Request", "http_request_error" },
    [PROXY_UNSUPPORTED]      = { 501, "Not Implemented", "http_request_error" },
    [PROXY_BAD_RESPONSE]     = { 502, "Bad Gateway", "http_protocol_error" },
    [PROXY_TIMEOUT]          = { 504, "Gateway Timeout", "connection_timeout" },
    [PROXY_CUT]              = { 502, "Bad Gateway", "http_response_incomplete" },
};
/* clang-format on */
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == PROXY_CATEGORY_COUNT, "one kind a category");

unsigned refusal_status(enum proxy_category category)
{
    return kinds[category].status;
}

size_t refusal_print(enum proxy_category category, const char *reason, const char *hint,
                     char out[REFUSAL_MAX])
{
    const struct kind *kind = &kinds[category];
    char body[REFUSAL_MAX / 2];
    const char *name = proxy_category_names[category];
    (void)snprintf(body, sizeof(body), "nono refused this request (%s): %.512s\n%.256s%s", name,
                   reason, hint, *hint ? "\n" : "");
    int len = snprintf(out, REFUSAL_MAX,
                       "HTTP/1.1 %u %s\r\n"
                       "Proxy-Status: nono; error=%s; details=\"%s\"\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: %zu\r\n"
                       "Connection: close\r\n\r\n%s",
                       kind->status, kind->phrase, kind->error, name, strlen(body), body);
    return (size_t)len;
}
