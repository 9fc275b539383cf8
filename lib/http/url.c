#include "lib/http/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/text.h"

DEFINE_CLEANUP(CURLU *, curl_url_cleanup)
DEFINE_CLEANUP(char *, curl_free)

static CURLU *url_open(const char *url)
{
    if (strlen(url) > LIMIT_URL_BYTES || !text_is_printable(url))
        return NULL;
    CURLU *parsed = curl_url();
    if (!parsed)
        abort();
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        return parsed;
    curl_url_cleanup(parsed);
    return NULL;
}

/* NULL when the URL has no such part. */
static char *part_of(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool host_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (text_starts(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}

bool url_is_loopback(const char *url)
{
    CLEANUP(curl_url_cleanupp) CURLU *parsed = url_open(url);
    CLEANUP(curl_freep) char *host = parsed ? part_of(parsed, CURLUPART_HOST, 0) : NULL;
    return host && host_is_loopback(host);
}

static bool part_refuse(CURLU *url, CURLUPart part, const char *what, struct error *err)
{
    CLEANUP(curl_freep) char *text = part_of(url, part, 0);
    return !text || error_set(err, INVALID, "a URL here may not have a %s", what);
}

static bool scheme_check(CURLU *url, bool allow_plain, struct error *err)
{
    CLEANUP(curl_freep) char *scheme = part_of(url, CURLUPART_SCHEME, 0);
    CLEANUP(curl_freep) char *host = part_of(url, CURLUPART_HOST, 0);
    /* what was %-encoded is decoded here, and would be read otherwise the next time */
    if (!scheme || !host || !*host || !text_is_printable(host) || strchr(host, '%'))
        return error_set(err, INVALID, "not a URL of a server");
    if (strcmp(scheme, "https") == 0)
        return true;
    if (strcmp(scheme, "http") != 0)
        return error_set(err, INVALID, "%.32s: only https and http are spoken", scheme);
    if (allow_plain || host_is_loopback(host))
        return true;
    error_set(err, DENIED, "http to %.200s would send everything in the clear", host);
    return error_hint(err, "use https, or --allow-http when you mean it");
}

static bool parsed_check(CURLU *url, bool allow_plain, struct error *err)
{
    return scheme_check(url, allow_plain, err) &&
           part_refuse(url, CURLUPART_USER, "user name", err) &&
           part_refuse(url, CURLUPART_PASSWORD, "password", err) &&
           part_refuse(url, CURLUPART_FRAGMENT, "fragment", err);
}

#define SHOWN_MAX 256

/* For messages: without what stands before an '@', where a password may be. Of what is no URL that
 * is the last one there is. */
static void show(const char *url, bool parsed, char out[SHOWN_MAX])
{
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + strlen("://") : url;
    const char *sign = memrchr(host, '@', parsed ? strcspn(host, "/?#") : strlen(host));
    int len = host - url < 32 ? (int)(host - url) : 0;
    if (sign)
        (void)snprintf(out, SHOWN_MAX, "%.*s[...]%.200s", len, url, sign);
    else
        (void)snprintf(out, SHOWN_MAX, "%.200s", url);
}

bool url_check(const char *url, bool allow_plain, struct error *err)
{
    CLEANUP(curl_url_cleanupp) CURLU *parsed = url_open(url);
    char text[SHOWN_MAX];
    show(url, parsed, text);
    if (!parsed)
        return error_set(err, INVALID, "\"%s\" is not a URL", text);
    return parsed_check(parsed, allow_plain, err) || error_prefix(err, "%s", text);
}

bool url_base(const char *url, bool allow_plain, struct arena *arena, const char **out,
              struct error *err)
{
    CLEANUP(curl_url_cleanupp) CURLU *parsed = url_open(url);
    char plain[SHOWN_MAX];
    show(url, parsed, plain);
    if (!parsed || !strstr(url, "://")) {
        error_set(err, INVALID, "\"%s\" is not a URL", plain);
        return error_hint(err, "write it whole, as https://registry.example.org");
    }
    if (!parsed_check(parsed, allow_plain, err) ||
        !part_refuse(parsed, CURLUPART_QUERY, "query", err))
        return error_prefix(err, "%s", plain);
    CLEANUP(curl_freep) char *text = part_of(parsed, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
    if (!text)
        return error_set(err, INVALID, "\"%s\" is not a URL", plain);
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    *out = arena_strndup(arena, text, len);
    return true;
}

static bool parts_equal(CURLU *a, CURLU *b, CURLUPart part)
{
    CLEANUP(curl_freep) char *left = part_of(a, part, CURLU_DEFAULT_PORT);
    CLEANUP(curl_freep) char *right = part_of(b, part, CURLU_DEFAULT_PORT);
    return left && right && strcasecmp(left, right) == 0;
}

bool url_same_origin(const char *a, const char *b)
{
    CLEANUP(curl_url_cleanupp) CURLU *left = url_open(a);
    CLEANUP(curl_url_cleanupp) CURLU *right = url_open(b);
    return left && right && parts_equal(left, right, CURLUPART_SCHEME) &&
           parts_equal(left, right, CURLUPART_HOST) && parts_equal(left, right, CURLUPART_PORT);
}

bool url_resolve(const char *base, const char *reference, struct arena *arena, const char **out,
                 struct error *err)
{
    if (!text_is_printable(reference) || strchr(reference, ' ') || strchr(reference, '#'))
        return error_set(err, INVALID, "the server names a URL that is none");
    if (text_starts(reference, "https://") || text_starts(reference, "http://")) {
        if (!url_same_origin(base, reference))
            return error_set(err, DENIED, "the server sends us to another one: %.200s", reference);
        *out = reference;
        return true;
    }
    if (reference[0] != '/' || reference[1] == '/')
        return error_set(err, INVALID, "the server names a URL that is none: %.200s", reference);
    *out = arena_printf(arena, "%s%s", base, reference);
    return true;
}

const char *url_escape(const char *text, struct arena *arena)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = arena_alloc(arena, strlen(text) + 1, 3), *at = out;
    for (; *text; text++) {
        if (strchr(plain, *text))
            *at++ = *text;
        else
            at += snprintf(at, 4, "%%%02X", (unsigned)(unsigned char)*text);
    }
    *at = '\0';
    return out;
}
