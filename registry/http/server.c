/* The daemon and its callbacks, which run on the HTTP threads. */
#include "registry/http/server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "registry/http/framing.h"
#include "registry/http/internal.h"
#include "registry/http/uri.h"

/*
 * Header fields of a request, and the buffer of its body. What is over 32 KiB is mapped, so that
 * the pages that no request reaches take no memory.
 */
#define CONNECTION_MEMORY      (36 * KIB)
#define CONNECTIONS_MAX        4096
#define CONNECTIONS_PER_IP_MAX 256
#define TIMEOUT_S              30
#define LENIENT                0 /* what it would refuse, framing.c does, with an answer of ours */
#define TLS_VERSIONS           "NORMAL:-VERS-TLS1.1:-VERS-TLS1.0" /* 1.2 and 1.3 */

/* The first to see a request; what it returns is the exchange of all later callbacks. */
static void *on_address(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct server *server = context;
    const char *local = uri_local(uri);
    size_t len = strlen(local) + 1;
    bool rootless = local != uri && *local != '/';
    struct exchange *exchange = malloc(sizeof(*exchange) + rootless + len);
    if (!exchange)
        abort();
    memset(exchange, 0, sizeof(*exchange));
    exchange->uri[0] = '/';
    memcpy(exchange->uri + rootless, local, len);
    exchange->target_len = (size_t)(local - uri) + len - 1;
    exchange->server = server;
    exchange->connection = connection;
    exchange->res.fd = -1;
    exchange->started_us = clock_monotonic_us();
    exchange->link =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    (void)atomic_fetch_add(&server->active, 1);
    metrics_add(server->config.metrics, GAUGE_REQUESTS, 1);
    return exchange;
}

/* Paths and arguments are decoded by the router, strictly. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static enum MHD_Result answer_send(struct exchange *exchange)
{
    struct MHD_Connection *connection = exchange->connection;
    struct MHD_Response *reply = exchange->reply;
    if (exchange->kept)
        reply = exchange->status == 304 ? exchange->kept->not_modified : exchange->kept->response;
    else if (exchange->closes || atomic_load(&exchange->server->stopping))
        (void)MHD_add_response_header(reply, "Connection", "close");
    const struct server_config *config = &exchange->server->config;
    if (exchange->count && config->count && exchange->status == 200 && exchange->method[0] == 'G')
        config->count(config->count_context, exchange->count);
    link_expect(exchange->link, clock_monotonic_us(), exchange->bytes_out);
    enum MHD_Result result = MHD_queue_response(connection, exchange->status, reply);
    if (exchange->reply)
        MHD_destroy_response(exchange->reply);
    exchange->reply = NULL;
    return result;
}

static enum MHD_Result fail_send(struct exchange *exchange)
{
    exchange_fail(exchange);
    return answer_send(exchange);
}

/* Hands over to a worker; the connection sleeps until it is done. */
static enum MHD_Result dispatch(struct exchange *exchange, enum stage stage)
{
    exchange->stage = stage;
    link_rest(exchange->link);
    if (workers_put(exchange->server, exchange))
        return MHD_YES;
    error_set(&exchange->err, UNAVAILABLE, "too many requests wait");
    return stage == STAGE_ADMITTING ? MHD_YES : fail_send(exchange);
}

/*
 * A small body is taken from anybody, which spares a publish one handing over to a worker and back;
 * as many at once as the memory of all of them stays small too.
 */
#define EARLY_BYTES_MAX (UPLOAD_MEMORY_MAX / 2)
#define EARLY_MAX       32

static bool takes_early(struct exchange *exchange)
{
    const char *length = request_header(&exchange->req, "Content-Length");
    if (request_header(&exchange->req, "Expect") || !length || strlen(length) > 18 ||
        strtoull(length, NULL, 10) > EARLY_BYTES_MAX)
        return false;
    exchange->early = true; /* until it is freed */
    return atomic_fetch_add(&exchange->server->early, 1) < EARLY_MAX;
}

/* Whether who asks is found out before their body is taken. */
static bool admits_first(struct exchange *exchange)
{
    const struct route *route = exchange->match.route;
    return exchange->upload && route->access != ACCESS_ANYONE &&
           (route->body == BODY_RAW || route->body == BODY_MULTIPART) && !takes_early(exchange);
}

static const char *path_of(const char *target)
{
    const char *path = uri_local(target);
    return path != target && *path == '\0' ? "/" : path;
}

/* The header is there. A request without a body is judged at its second call, which keeps the
 * connection; one whose body is refused is answered now, which closes it. */
static enum MHD_Result on_begin(struct exchange *exchange, const struct framing_line *line)
{
    bool get = strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0;
    struct MHD_Connection *connection = exchange->connection;
    exchange->stage = STAGE_BODY;
    if (!framing_check(connection, line, &exchange->err)) {
        exchange_open(exchange);
        exchange->closes = true;
        return fail_send(exchange);
    }
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    bool body = (length && strcmp(length, "0") != 0) ||
                MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
    if (get && !body)
        return MHD_YES;
    link_expect(exchange->link, exchange->started_us, 0); /* for the body */
    exchange_open(exchange);
    exchange_expect_body(exchange);
    if (exchange->err.kind != ERROR_NONE)
        return body ? fail_send(exchange) : MHD_YES;
    return admits_first(exchange) ? dispatch(exchange, STAGE_ADMITTING) : MHD_YES;
}

/*
 * The first call comes again once a worker knows who asks. A refusal goes out at once to a client
 * that waits for it (Expect: 100-continue); others are busy sending, and would meet a closed
 * connection before they read it: what they send is passed over.
 */
static enum MHD_Result on_admitted(struct exchange *exchange)
{
    exchange->stage = STAGE_BODY;
    link_expect(exchange->link, clock_monotonic_us(), 0);
    bool refused = exchange->err.kind != ERROR_NONE;
    return refused && request_header(&exchange->req, "Expect") ? fail_send(exchange) : MHD_YES;
}

/* What is passed over ends somewhere too: then the connection is cut, whoever reads its answer. */
#define PASSED_OVER_MAX ((uint64_t)MIB)

static enum MHD_Result on_chunk(struct exchange *exchange, const char *chunk, size_t len)
{
    const struct route *route = exchange->match.route;
    exchange->bytes_in += len;
    link_receive(exchange->link, len);
    if (exchange->err.kind == ERROR_NONE && exchange->upload)
        (void)!upload_add(exchange->upload, chunk, len, &exchange->err);
    return exchange->bytes_in <= (route ? route->body_max : 0) + PASSED_OVER_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_whole(struct exchange *exchange)
{
    if (exchange->stage == STAGE_ANSWERED)
        return answer_send(exchange);
    if (!exchange->req.arena) {
        if (reply_cached(exchange))
            return answer_send(exchange);
        exchange_open(exchange);
        exchange_expect_body(exchange);
    }
    if (exchange->stage == STAGE_ANSWERED) /* a page */
        return answer_send(exchange);
    if (exchange->err.kind != ERROR_NONE)
        return fail_send(exchange);
    if (exchange->match.route->flags & ROUTE_INLINE) {
        exchange->stage = STAGE_HANDLING;
        exchange_handle(exchange, exchange->server->config.inline_registry);
        return answer_send(exchange);
    }
    return dispatch(exchange, STAGE_HANDLING);
}

/* NOLINTNEXTLINE(readability-function-size): the signature is libmicrohttpd's */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *chunk, size_t *chunk_len, void **slot)
{
    struct exchange *exchange = *slot;
    (void)context, (void)connection;
    if (exchange->stage == STAGE_NEW) {
        struct framing_line line = { method, path, version, exchange->target_len, exchange->uri };
        exchange->req.path = path_of(path);
        exchange->method = method;
        return on_begin(exchange, &line);
    }
    if (exchange->stage == STAGE_ADMITTING && *chunk_len == 0)
        return on_admitted(exchange);
    if (*chunk_len > 0) {
        size_t len = *chunk_len;
        *chunk_len = 0;
        return on_chunk(exchange, chunk, len);
    }
    return on_whole(exchange);
}

/*
 * What libmicrohttpd answered by itself: a length that is no number before on_request was called,
 * a malformed chunk after. 0 when nobody answered.
 */
static unsigned own_status(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    return info ? info->http_status : 0;
}

/* The address is last: a line has an end, and a long one leaves nothing else out. */
static void access_log(struct exchange *exchange, int64_t took_us)
{
    log_info("request", KV("request_id", exchange->req.id),
             KV("method", exchange->method ? exchange->method : ""), KV("status", exchange->status),
             KV("bytes", (int64_t)exchange->bytes_out), KV("us", took_us),
             KV("client", exchange_client(exchange)), KV("path", exchange->uri));
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode reason)
{
    struct server *server = context;
    struct exchange *exchange = *slot;
    (void)reason;
    if (!exchange)
        return;
    int64_t took_us = clock_monotonic_us() - exchange->started_us;
    if (exchange->status == 0)
        exchange->status = own_status(connection);
    if (exchange->method || exchange->status) {
        struct metrics_request request = { exchange->match.route, exchange->status,
                                           exchange->bytes_in, exchange->bytes_out, took_us };
        metrics_count(server->config.metrics, &request);
        if (server->config.access_log)
            access_log(exchange, took_us);
    }
    link_expect(exchange->link, clock_monotonic_us(), 0); /* for the next head */
    exchange_free(exchange);
    (void)atomic_fetch_sub(&server->active, 1);
    metrics_add(server->config.metrics, GAUGE_REQUESTS, -1);
    *slot = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    metrics_add(server->config.metrics, GAUGE_CONNECTIONS, begins ? 1 : -1);
    if (begins) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *slot = link_open(server->links, fd, server->config.tls); /* before the greeting */
    } else {
        link_close(*slot);
        *slot = NULL;
    }
}

static void on_message(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_message(void *context, const char *format, va_list args)
{
    char text[256];
    (void)context;
    (void)vsnprintf(text, sizeof(text), format, args);
    log_debug("http.daemon", KV("message", text));
}

static unsigned or_else(unsigned value, unsigned fallback)
{
    return value ? value : fallback;
}

static bool daemon_start(struct server *server, struct error *err)
{
    const struct server_config *config = &server->config;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = or_else(config->threads, cores > 0 ? (unsigned)cores : 1);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     MHD_USE_ITC | (config->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem pool = { MHD_OPTION_THREAD_POOL_SIZE, threads, NULL };
    struct MHD_OptionItem cert = { MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, tls_callback() };
    struct MHD_OptionItem versions = { MHD_OPTION_HTTPS_PRIORITIES, 0,
                                       (void *)(uintptr_t)TLS_VERSIONS };
    struct MHD_OptionItem end = { MHD_OPTION_END, 0, NULL };
    struct MHD_OptionItem more[] = { end, end, end, end };
    size_t count = 0;
    if (threads > 1)
        more[count++] = pool;
    if (config->tls) {
        more[count++] = cert;
        more[count++] = versions;
    }
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL,
        MHD_OPTION_LISTEN_SOCKET, config->listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_URI_LOG_CALLBACK,
        on_address, server, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
        LENIENT, MHD_OPTION_CONNECTION_LIMIT, or_else(config->connections_max, CONNECTIONS_MAX),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        or_else(config->connections_per_ip_max, CONNECTIONS_PER_IP_MAX),
        MHD_OPTION_CONNECTION_TIMEOUT, or_else(config->timeout_s, TIMEOUT_S), MHD_OPTION_ARRAY,
        more, MHD_OPTION_END);
    return server->daemon || error_set(err, UNAVAILABLE, "the HTTP daemon does not start");
}

static void server_free(struct server *server)
{
    workers_stop(server);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    links_free(server->links);
    room_clear(&server->room);
    cache_free(server->cache);
    closep(&server->pages);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server);
}
DEFINE_CLEANUP(struct server *, server_free)

bool server_start(const struct server_config *config, struct server **out, struct error *err)
{
    CLEANUP(server_freep) struct server *server = xnew(struct server);
    server->config = *config;
    server->pages = -1;
    server->listener = MHD_INVALID_SOCKET;
    server->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    room_init(&server->room);
    if (config->cache_bytes)
        server->cache = cache_new(config->cache_bytes, config->metrics);
    if (config->web_dir && !dir_open(config->web_dir, &server->pages, err))
        return error_prefix(err, "web pages");
    server->links = links_new(or_else(config->timeout_s, TIMEOUT_S));
    if (!server->links)
        return error_set(err, UNAVAILABLE, "no thread can be made");
    if (!workers_start(server, err) || !daemon_start(server, err))
        return false;
    *out = STEAL(server);
    return true;
}

uint16_t server_port(const struct server *server)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    if (getsockname(server->config.listen_fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}

void server_drop(struct server *server, const char *tag)
{
    if (server->cache)
        cache_drop(server->cache, tag);
}

void server_cache_enable(struct server *server, bool enabled)
{
    if (server->cache)
        cache_enable(server->cache, enabled);
}

void server_drain(struct server *server, unsigned deadline_ms)
{
    if (!server || atomic_exchange(&server->stopping, true))
        return;
    server->listener = MHD_quiesce_daemon(server->daemon);
    if (!server->config.listen_shared)
        (void)shutdown(server->listener, SHUT_RDWR); /* new connections are refused from now on */
    int64_t until_us = clock_monotonic_us() + (int64_t)deadline_ms * 1000;
    const struct timespec pause = { .tv_nsec = 2000000 };
    while (atomic_load(&server->active) > 0 && clock_monotonic_us() < until_us)
        (void)nanosleep(&pause, NULL);
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    server_drain(server, 0);
    MHD_socket listener = server->listener;
    server_free(server);
    if (listener != MHD_INVALID_SOCKET)
        (void)close(listener); /* only now: its threads had it */
}
