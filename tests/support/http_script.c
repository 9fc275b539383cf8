#include "tests/support/http_script.h"

#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"

struct http_script {
    struct http_answer answers[HTTP_SCRIPT_MAX];
    char *requests[HTTP_SCRIPT_MAX];
    size_t count;
    atomic_size_t done;
    int listener;
    pthread_t thread;
    char url[64];
};

static bool request_is_whole(const struct buf *request)
{
    const char *end = request->len ? strstr(request->data, "\r\n\r\n") : NULL;
    if (!end)
        return false;
    const char *length = strstr(request->data, "Content-Length: ");
    size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return request->len >= (size_t)(end - request->data) + 4 + body;
}

/* Until it is whole or the other side has hung up. */
static char *request_read(int peer)
{
    struct buf request;
    struct error err;
    buf_init(&request, 4 * MIB);
    char piece[4096];
    while (!request_is_whole(&request)) {
        ssize_t got = recv(peer, piece, sizeof(piece), 0);
        if (got <= 0 || !buf_append(&request, piece, (size_t)got, &err))
            break;
    }
    return request.data ? request.data : xstrdup("");
}

static bool all_sent(int peer, const char *bytes, size_t len)
{
    while (len) {
        ssize_t sent = send(peer, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* The client may have heard enough: what it does not take is dropped. */
static void answer_send(int peer, const struct http_answer *answer)
{
    char fill[4096];
    memset(fill, 'x', sizeof(fill));
    bool heard = all_sent(peer, answer->text, strlen(answer->text));
    for (size_t left = answer->fill; heard && left;) {
        size_t piece = left < sizeof(fill) ? left : sizeof(fill);
        heard = all_sent(peer, fill, piece);
        left -= piece;
    }
}

static void *script_play(void *context)
{
    struct http_script *script = context;
    for (size_t i = 0; i < script->count; i++) {
        CLEANUP(closep) int peer = accept4(script->listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            break;
        script->requests[i] = request_read(peer);
        if (i + 1 == script->count)
            (void)shutdown(script->listener, SHUT_RDWR);
        atomic_store(&script->done, i + 1);
        answer_send(peer, &script->answers[i]);
    }
    return NULL;
}

static void script_listen(struct http_script *script)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(script->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(script->listener, HTTP_SCRIPT_MAX) != 0 ||
        getsockname(script->listener, (struct sockaddr *)&address, &len) != 0)
        abort();
    (void)snprintf(script->url, sizeof(script->url), "http://127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
}

struct http_script *http_script_start(const struct http_answer *answers, size_t count)
{
    assert(count <= HTTP_SCRIPT_MAX);
    struct http_script *script = xnew(struct http_script);
    memcpy(script->answers, answers, count * sizeof(*answers));
    script->count = count;
    script_listen(script);
    if (pthread_create(&script->thread, NULL, script_play, script) != 0)
        abort();
    return script;
}

void http_script_stop(struct http_script *script)
{
    (void)shutdown(script->listener, SHUT_RDWR); /* ends an accept that waits */
    (void)pthread_join(script->thread, NULL);
    (void)close(script->listener);
    for (size_t i = 0; i < HTTP_SCRIPT_MAX; i++)
        free(script->requests[i]);
    free(script);
}

const char *http_script_url(const struct http_script *script)
{
    return script->url;
}

size_t http_script_count(const struct http_script *script)
{
    return atomic_load(&script->done);
}

const char *http_script_request(const struct http_script *script, size_t index)
{
    assert(index < http_script_count(script));
    return script->requests[index];
}
