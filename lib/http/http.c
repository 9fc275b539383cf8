#include "lib/http/http.h"

#include <string.h>
#include <time.h>

#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "lib/http/transfer.h"
#include "lib/json/json.h"

#define ATTEMPTS      3
#define REDIRECTS_MAX 5
#define PAUSE_MS      250
#define PAUSE_MAX_S   60 /* longer than that a server may not hold us up */

static void sleep_ms(unsigned ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    while (nanosleep(&left, &left) != 0)
        ;
}

struct http *http_new(const struct http_setup *setup)
{
    struct http *http = xnew(struct http);
    http->setup = *setup;
    if (!http->setup.attempts)
        http->setup.attempts = ATTEMPTS;
    if (!http->setup.pause)
        http->setup.pause = sleep_ms;
    http->user_agent = xstrdup(setup->user_agent ? setup->user_agent : "nono/" NONO_VERSION);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(http->curl = curl_easy_init()))
        abort();
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    curl_global_cleanup();
    free(http->user_agent);
    free(http);
}

static bool is_get(const struct http_request *request)
{
    return !request->part_count && !request->body &&
           (!request->method || strcmp(request->method, "GET") == 0 ||
            strcmp(request->method, "HEAD") == 0);
}

/* GETs only, within the rules; credentials stay with the origin that they are for. */
static bool redirect_follow(struct transfer *transfer, unsigned *hops, struct error *err)
{
    if (++*hops > REDIRECTS_MAX)
        return error_set(err, UNAVAILABLE, "%.200s: over %d redirects", transfer->request->url,
                         REDIRECTS_MAX);
    if (!is_get(transfer->request))
        return error_set(err, UNAVAILABLE, "%.200s: the server moved to %.200s",
                         transfer->request->url, transfer->redirect);
    if (!url_check(transfer->redirect, transfer->http->setup.allow_plain, err))
        return error_prefix(err, "redirect");
    if (strncmp(transfer->url, "https:", 6) == 0 && strncmp(transfer->redirect, "https:", 6) != 0)
        return error_set(err, DENIED, "%.200s: redirected away from https", transfer->url);
    if (!url_same_origin(transfer->url, transfer->redirect))
        transfer->bearer = NULL;
    transfer->url = transfer->redirect;
    return true;
}

static bool status_may_pass(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Twice as long each time, spread so that clients do not come back together. */
static unsigned pause_for(const struct transfer *transfer, unsigned attempt)
{
    if (transfer->retry_after_s)
        return transfer->retry_after_s * 1000;
    unsigned char spread;
    random_bytes(&spread, 1);
    return ((unsigned)PAUSE_MS << (2 * attempt)) + spread;
}

static bool again(const struct transfer *transfer, enum transfer_result result, unsigned attempt)
{
    bool passing = result == TRANSFER_PASSING ||
                   (result == TRANSFER_ANSWERED && status_may_pass(transfer->head.status));
    if (!passing || transfer->begun || transfer->retry_after_s > PAUSE_MAX_S)
        return false;
    return (is_get(transfer->request) || transfer->request->repeatable) &&
           attempt + 1 < transfer->http->setup.attempts;
}

static bool is_redirect(const struct transfer *transfer)
{
    int status = transfer->head.status;
    return transfer->redirect &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/* Until there is an answer to hand out, or none to hope for. */
static bool attempts_run(struct transfer *transfer, struct error *err)
{
    unsigned hops = 0, attempt = 0;
    for (;;) {
        buf_clear(&transfer->body);
        enum transfer_result result = transfer_run(transfer, err);
        if (again(transfer, result, attempt)) {
            transfer->http->setup.pause(pause_for(transfer, attempt++));
            continue;
        }
        if (result != TRANSFER_ANSWERED)
            return false;
        if (!is_redirect(transfer))
            return true;
        if (!redirect_follow(transfer, &hops, err))
            return false;
    }
}

bool http_send(struct http *http, const struct http_request *request, struct arena *arena,
               struct http_response *out, struct error *err)
{
    if (!url_check(request->url, http->setup.allow_plain, err))
        return false;
    struct transfer transfer = {
        .http = http,
        .request = request,
        .url = request->url,
        .bearer = request->bearer,
        .arena = arena,
        .max_bytes = request->max_bytes ? request->max_bytes : LIMIT_JSON_BYTES,
    };
    buf_init(&transfer.body,
             transfer.max_bytes < LIMIT_JSON_BYTES ? LIMIT_JSON_BYTES : transfer.max_bytes);
    bool ok = attempts_run(&transfer, err);
    if (ok) {
        *out = transfer.head;
        out->url = transfer.url;
        out->retry_after_s = transfer.retry_after_s;
        out->body_len = transfer.body.len;
        out->body =
            transfer.body.len ? arena_strndup(arena, transfer.body.data, transfer.body.len) : "";
    }
    buf_clear(&transfer.body);
    return ok;
}

bool http_fetch(struct http *http, const struct http_request *request, const struct record *record,
                struct arena *arena, void *out, struct error *err)
{
    struct http_response response;
    if (!http_send(http, request, arena, &response, err) || !http_require(&response, err))
        return false;
    return json_decode(response.body, response.body_len, record, arena, out, err) ||
           error_prefix(err, "the answer of %.200s", request->url);
}
