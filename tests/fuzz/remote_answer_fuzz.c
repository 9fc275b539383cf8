/* USES client/remote lib/http lib/json lib/digest */
/*
 * What a registry answers, to each question that the client asks: first a byte for the question,
 * then one for the status, then the body. A pull document that is taken is of the pack that was
 * asked for and has a digest for everything; what is said of a refusal can be shown on a terminal.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/remote/account.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    int status;
    const char *body;
    size_t len;
} answer;

bool __wrap_http_send(struct http *http, const struct http_request *request, struct arena *arena,
                      struct http_response *out, struct error *err);
bool __wrap_http_send(struct http *http, const struct http_request *request, struct arena *arena,
                      struct http_response *out, struct error *err)
{
    (void)http;
    (void)err;
    assert(request->url && text_is_printable(request->url));
    *out = (struct http_response){
        .status = answer.status,
        .content_type = "application/json",
        .etag = "",
        .body = arena_strndup(arena, answer.body, answer.len),
        .body_len = answer.len,
    };
    return true;
}

/* As lib/http has it, where http_send is beside it and not to be replaced. */
bool __wrap_http_fetch(struct http *http, const struct http_request *request,
                       const struct record *record, struct arena *arena, void *out,
                       struct error *err);
bool __wrap_http_fetch(struct http *http, const struct http_request *request,
                       const struct record *record, struct arena *arena, void *out,
                       struct error *err)
{
    struct http_response response;
    return __wrap_http_send(http, request, arena, &response, err) && http_require(&response, err) &&
           json_decode(response.body, response.body_len, record, arena, out, err);
}

static bool pull(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct pull_document document;
    if (!remote_pull(remote, "acme", "web", "latest", arena, &document, err))
        return false;
    assert(strcmp(document.namespace, "acme") == 0 && strcmp(document.name, "web") == 0);
    assert(document.artifacts.count > 0);
    LIST_FOREACH (document.artifacts, const struct remote_artifact, artifact)
        assert(sha256_is_text(artifact->sha256_digest));
    return !document.archive || text_starts(document.archive->digest, "sha256:");
}

static bool login(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct device_login device;
    if (!remote_device_start(remote, "read publish", arena, &device, err))
        return false;
    assert(device.device_code && device.user_code && device.verification_uri);
    assert(device.interval > 0);
    return true;
}

static bool poll_once(const struct remote *remote, struct arena *arena, struct error *err)
{
    const struct device_login device = { .device_code = "d & = %" };
    const char *token;
    bool slower;
    return remote_device_poll(remote, &device, arena, &token, &slower, err);
}

static bool status(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct remote_status found;
    return remote_status(remote, "acme", "web", "1.0.0", arena, &found, err);
}

static bool search(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct list found;
    return remote_search(remote, "a b&c", 10, arena, &found, err);
}

static bool versions(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct list found;
    return remote_versions(remote, "acme", "web", arena, &found, err);
}

static bool keys(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct list found;
    return remote_keys(remote, "acme", arena, &found, err);
}

static bool whoami(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct whoami found;
    return remote_whoami(remote, arena, &found, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const questions[])(const struct remote *, struct arena *, struct error *) = {
        pull, login, poll_once, status, search, versions, keys, whoami,
    };
    static const int statuses[] = { 200, 400, 401, 404, 410, 429, 500 };
    if (size < 2 || size > 4096)
        return 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct remote remote = { .base = "https://registry.example", .token = "t", .option = "" };
    answer.status = statuses[data[1] % COUNT(statuses)];
    answer.body = (const char *)data + 2;
    answer.len = size - 2;
    struct error err = { 0 };
    if (!questions[data[0] % COUNT(questions)](&remote, arena, &err))
        assert(err.kind != ERROR_NONE && text_is_printable(err.message) &&
               text_is_printable(err.hint));
    return 0;
}
