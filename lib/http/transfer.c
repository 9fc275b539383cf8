#include "lib/http/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/env.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "lib/base/text.h"

#define CONNECT_SECONDS   10L
#define LIMIT_TOKEN_BYTES 4096
#define STALL_SECONDS     30L /* without a byte */

/* Headers carry tokens. */
static void headers_free(struct curl_slist **list)
{
    for (struct curl_slist *item = *list; item; item = item->next)
        secret_wipe(item->data, strlen(item->data));
    curl_slist_free_all(*list);
}

DEFINE_CLEANUP(curl_mime *, curl_mime_free)

static size_t stop(struct transfer *transfer)
{
    transfer->stopped = true;
    return 0; /* anything but the length ends the transfer */
}

static long status_of(const struct transfer *transfer)
{
    long status = 0;
    (void)curl_easy_getinfo(transfer->http->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_success(long status)
{
    return status >= 200 && status < 300;
}

/* The value when the line is that header; without the blanks around it. */
static const char *header_value(const char *line, size_t len, const char *name, struct arena *arena)
{
    size_t name_len = strlen(name);
    if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return NULL;
    const char *value = line + name_len + 1, *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr("\r\n \t", end[-1]))
        end--;
    return arena_strndup(arena, value, (size_t)(end - value));
}

static size_t header_take(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    const char *value;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) /* of the last answer: 100 comes before 200 */
        transfer->head.content_type = transfer->head.etag = "";
    else if ((value = header_value(line, len, "content-type", transfer->arena)))
        transfer->head.content_type = value;
    else if ((value = header_value(line, len, "etag", transfer->arena)))
        transfer->head.etag = value;
    else if ((value = header_value(line, len, "retry-after", transfer->arena)))
        transfer->retry_after_s = (unsigned)strtoul(value, NULL, 10); /* a date counts as nothing */
    else if ((value = header_value(line, len, "content-length", transfer->arena)))
        transfer->content_length = strtoull(value, NULL, 10);
    return len;
}

/* Once an answer, and for an empty one too: the sink may hold what that replaces. */
static bool sink_begin(struct transfer *transfer, struct error *err)
{
    const struct http_sink *sink = transfer->request->sink;
    if (transfer->begun)
        return true;
    transfer->begun = true;
    transfer->head.status = (int)status_of(transfer);
    return !sink->begin || sink->begin(sink->context, &transfer->head, err);
}

static bool sink_give(struct transfer *transfer, const void *bytes, size_t len)
{
    const struct http_sink *sink = transfer->request->sink;
    return sink_begin(transfer, &transfer->failure) &&
           sink->bytes(sink->context, bytes, len, &transfer->failure);
}

/* What was held before counts when the rest of it comes, not when the whole comes again. */
static void progress_tell(const struct transfer *transfer, long status)
{
    const struct http_setup *setup = &transfer->http->setup;
    uint64_t held = status == 206 ? transfer->request->range_from : 0;
    if (setup->progress)
        setup->progress(setup->context, held + transfer->arrived,
                        transfer->content_length ? held + transfer->content_length : 0);
}

/* The whole may come where the rest was asked for: then what is held makes room. */
static size_t limit_of(const struct transfer *transfer, long status)
{
    if (!is_success(status))
        return LIMIT_JSON_BYTES;
    return transfer->max_bytes + (status == 206 ? 0 : (size_t)transfer->request->range_from);
}

static size_t body_take(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    size_t max = limit_of(transfer, status_of(transfer));
    if (len > max || transfer->arrived > max - len) {
        error_set(&transfer->failure, TOO_LARGE, "the answer is over %zu bytes", max);
        return stop(transfer);
    }
    transfer->arrived += len;
    progress_tell(transfer, status_of(transfer));
    bool ok = transfer->request->sink && is_success(status_of(transfer))
                  ? sink_give(transfer, bytes, len)
                  : buf_append(&transfer->body, bytes, len, &transfer->failure);
    return ok ? len : stop(transfer);
}

static void header_add(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (!longer)
        abort();
    *list = longer;
}

static void bearer_add(struct curl_slist **list, const char *token)
{
    char line[LIMIT_TOKEN_BYTES + 32];
    (void)snprintf(line, sizeof(line), "Authorization: Bearer %.*s", LIMIT_TOKEN_BYTES, token);
    header_add(list, line);
    secret_wipe(line, sizeof(line));
}

static void headers_make(const struct transfer *transfer, struct curl_slist **list)
{
    const struct http_request *request = transfer->request;
    struct arena *arena = transfer->arena;
    header_add(list, arena_printf(arena, "Accept: %s", request->accept ? request->accept : "*/*"));
    header_add(list, "Expect:"); /* do not wait for 100 */
    if (transfer->bearer)
        bearer_add(list, transfer->bearer);
    if (request->body || request->content_type)
        header_add(list, arena_printf(arena, "Content-Type: %s", request->content_type));
    if (request->range_from)
        header_add(list, arena_printf(arena, "Range: bytes=%llu-",
                                      (unsigned long long)request->range_from));
    if (request->range_from && request->if_range)
        header_add(list, arena_printf(arena, "If-Range: %s", request->if_range));
}

static void parts_make(const struct http_request *request, curl_mime *mime)
{
    for (size_t i = 0; i < request->part_count; i++) {
        const struct http_part *part = &request->parts[i];
        curl_mimepart *made = curl_mime_addpart(mime);
        if (!made || curl_mime_name(made, part->name) != CURLE_OK ||
            curl_mime_data(made, part->bytes, part->len) != CURLE_OK)
            abort();
        if (part->file_name && curl_mime_filename(made, part->file_name) != CURLE_OK)
            abort();
        if (part->content_type && curl_mime_type(made, part->content_type) != CURLE_OK)
            abort();
    }
}

/* Either stands in place of the system's file and folder both, which libcurl would read besides. */
static void roots_set(CURL *curl)
{
    const char *file = env_get("SSL_CERT_FILE"), *folder = env_get("SSL_CERT_DIR");
    bool has_file = file && *file, has_folder = folder && *folder;
    if (!has_file && !has_folder)
        return;
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, has_file ? file : NULL);
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, has_folder ? folder : NULL);
}

static void method_set(CURL *curl, const struct http_request *request, curl_mime *mime)
{
    if (mime) {
        (void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
    } else if (request->body || (request->method && strcmp(request->method, "POST") == 0)) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    if (request->method)
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->method && strcmp(request->method, "HEAD") == 0)
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
}

static void options_set(struct transfer *transfer, struct curl_slist *headers, curl_mime *mime,
                        char *message)
{
    CURL *curl = transfer->http->curl;
    curl_easy_reset(curl); /* keeps connections */
    (void)curl_easy_setopt(curl, CURLOPT_URL, transfer->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, transfer->http->user_agent);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    if (url_is_loopback(transfer->url)) /* no proxy stands between us and ourselves */
        (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    roots_set(curl);
    method_set(curl, transfer->request, mime);
}

static bool code_may_pass(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

/* What OpenSSL says of a chain (X509_V_ERR_...): its certificate is early or late; its root is not
 * one of ours. Another name in it is no matter of either. */
static bool distrust(const struct transfer *transfer, CURLcode code, const char *text,
                     struct error *err)
{
    enum { EARLY = 9, LATE = 10, OWN_ROOT = 18, NO_ROOT = 21 };
    long why = 0;
    (void)curl_easy_getinfo(transfer->http->curl, CURLINFO_SSL_VERIFYRESULT, &why);
    error_set(err, UNTRUSTED, "%.200s: %.200s", transfer->url, text);
    if (why == EARLY || why == LATE)
        return error_hint(err, "it is judged by this machine's clock: is that right?");
    if (code == CURLE_SSL_CACERT_BADFILE || (why >= OWN_ROOT && why <= NO_ROOT))
        return error_hint(err,
                          "SSL_CERT_FILE names a file of certificates that are trusted instead");
    return false;
}

/* The variable that libcurl takes a proxy for a URL from, or NULL; HTTP_PROXY is none (CGI). */
static const char *proxy_variable(const char *url)
{
    static const char *const of_https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                            NULL };
    static const char *const of_http[] = { "http_proxy", "all_proxy", "ALL_PROXY", NULL };
    const char *const *name = text_starts(url, "https:") ? of_https : of_http;
    for (; *name; name++) {
        const char *value = env_get(*name);
        if (value && *value)
            return *name;
    }
    return NULL;
}

/* Whether what could not be reached is the proxy: its name, and not the URL's, is in the text. */
static bool is_about_proxy(CURLcode code, const char *url, const char *text, struct arena *arena)
{
    const char *host = strstr(url, "://");
    if (code != CURLE_COULDNT_CONNECT || !host)
        return code == CURLE_COULDNT_RESOLVE_PROXY;
    host += strlen("://");
    bool bracket = *host == '['; /* of an IPv6 address, which the text has without */
    host = arena_strndup(arena, host + bracket, strcspn(host + bracket, bracket ? "]" : ":/?"));
    return !strstr(text, arena_printf(arena, "to %s port", host));
}

/* Advice on a server that could not be spoken to. */
static void unreached_hint(const struct transfer *transfer, CURLcode code, const char *text,
                           struct error *err)
{
    const struct http_setup *setup = &transfer->http->setup;
    const char *url = transfer->url, *variable = proxy_variable(url);
    if (variable && is_about_proxy(code, url, text, transfer->arena))
        error_hint(err, "that is the proxy of %s; NO_PROXY names hosts to reach without it",
                   variable);
    else if (code == CURLE_COULDNT_RESOLVE_HOST && setup->unresolved)
        setup->unresolved(setup->context, url, err);
    else if (code == CURLE_SSL_CONNECT_ERROR && strstr(text, "wrong version number"))
        error_hint(err, "it does not speak TLS there; perhaps http://%.*s ?",
                   (int)strcspn(url + strlen("https://"), "/"), url + strlen("https://"));
}

static enum transfer_result failure_take(const struct transfer *transfer, CURLcode code,
                                         const char *message, struct error *err)
{
    if (transfer->stopped) {
        *err = transfer->failure;
        return TRANSFER_FAILED;
    }
    const char *text = *message ? message : curl_easy_strerror(code);
    if (text_starts(text, "Unsupported proxy")) /* the rest is the variable, password and all */
        text = "the proxy's address is none, or of a kind that is not known";
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        distrust(transfer, code, text, err);
        return TRANSFER_FAILED;
    }
    error_set(err, UNAVAILABLE, "%.200s: %.200s", transfer->url, text);
    unreached_hint(transfer, code, text, err);
    return code_may_pass(code) ? TRANSFER_PASSING : TRANSFER_FAILED;
}

enum transfer_result transfer_run(struct transfer *transfer, struct error *err)
{
    char message[CURL_ERROR_SIZE] = "";
    CLEANUP(headers_free) struct curl_slist *headers = NULL;
    CLEANUP(curl_mime_freep) curl_mime *mime = NULL;
    CURL *curl = transfer->http->curl;
    if (transfer->request->part_count) {
        mime = curl_mime_init(curl);
        if (!mime)
            abort();
        parts_make(transfer->request, mime);
    }
    headers_make(transfer, &headers);
    options_set(transfer, headers, mime, message);
    transfer->head = (struct http_response){ .content_type = "", .etag = "", .body = "" };
    transfer->arrived = transfer->content_length = 0;
    transfer->retry_after_s = 0;
    transfer->redirect = NULL;

    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return failure_take(transfer, code, message, err);
    char *redirect = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect)
        transfer->redirect = arena_printf(transfer->arena, "%s", redirect);
    transfer->head.status = (int)status_of(transfer);
    bool taken = transfer->request->sink && is_success(transfer->head.status);
    return !taken || sink_begin(transfer, err) ? TRANSFER_ANSWERED : TRANSFER_FAILED;
}
