#include "registry/http/exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "registry/http/internal.h"
#include "registry/http/proxies.h"
#include "registry/http/uri.h"

#define HEADERS_MAX 100

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct list *headers = context;
    (void)kind;
    if (headers->count == HEADERS_MAX)
        return MHD_NO;
    struct argument *header = LIST_AT(*headers, struct argument, headers->count++);
    *header = (struct argument){ name, value ? value : "" };
    return MHD_YES;
}

static bool headers_read(struct exchange *exchange)
{
    struct request *req = &exchange->req;
    req->headers.items = ARENA_ARRAY(req->arena, struct argument, HEADERS_MAX);
    int there =
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_header, &req->headers);
    return there <= HEADERS_MAX ||
           error_set(&exchange->err, INVALID, "more than %d header fields", HEADERS_MAX);
}

static void client_read(struct exchange *exchange)
{
    const struct server_config *config = &exchange->server->config;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct request *req = &exchange->req;
    char peer[ADDRESS_TEXT];
    address_print(info ? info->client_addr : NULL, peer);
    req->client_ip =
        proxies_client(config->proxies, peer, request_field(req, "X-Forwarded-For"), req->arena);
    const char *scheme = request_header(req, "X-Forwarded-Proto");
    bool behind = proxies_have(config->proxies, peer) && scheme && strcasecmp(scheme, "https") == 0;
    req->secure = config->tls || behind;
}

const char *exchange_client(struct exchange *exchange)
{
    struct request *req = &exchange->req;
    if (!req->arena) { /* answered from memory */
        req->arena = arena_new();
        if (headers_read(exchange))
            client_read(exchange);
    }
    return req->client_ip;
}

static bool address_read(struct exchange *exchange)
{
    const struct server_config *config = &exchange->server->config;
    struct request *req = &exchange->req;
    struct error *err = &exchange->err;
    const char *query = strchr(exchange->uri, '?');
    if (strlen(exchange->uri) > ROUTE_PATH_MAX)
        return error_set(err, INVALID, "the address is over %d bytes", ROUTE_PATH_MAX);
    if (!route_find(&config->table, req->method, req->path, req->arena, &exchange->match, err))
        return false;
    req->route = exchange->match.route;
    memcpy(req->params, exchange->match.params, sizeof(req->params));
    return uri_arguments(query ? query + 1 : "", req->arena, &req->query, err);
}

/* A refused method comes with those that are taken, so there must be something at the address. */
static bool method_read(struct exchange *exchange)
{
    const struct route_table *table = &exchange->server->config.table;
    struct request *req = &exchange->req;
    if (method_parse(exchange->method, &req->method))
        return true;
    if (!*route_allow(table, req->path, req->arena))
        return error_set(&exchange->err, NOT_FOUND, "there is nothing at this address");
    return error_set(&exchange->err, METHOD, "method %.16s is not known", exchange->method);
}

/* "OPTIONS *" asks about the server and not about an address (RFC 9110 section 9.3.7). */
static bool is_about_server(const struct exchange *exchange)
{
    return strcmp(exchange->req.path, "*") == 0 && strcmp(exchange->method, "OPTIONS") == 0;
}

static void server_tell(struct exchange *exchange)
{
    const char *all = method_name(0);
    for (size_t i = 1; i < METHOD_COUNT; i++)
        all = arena_printf(exchange->req.arena, "%s, %s", all, method_name((enum method)i));
    (void)response_empty(&exchange->res, 204);
    response_header(&exchange->res, "Allow", all);
    reply_make(exchange);
}

static void open_at(struct exchange *exchange)
{
    struct request *req = &exchange->req;
    if (!headers_read(exchange))
        return;
    client_read(exchange);
    if (exchange->err.kind == ERROR_NONE && is_about_server(exchange)) {
        server_tell(exchange);
        return;
    }
    if (exchange->err.kind != ERROR_NONE || !method_read(exchange) || address_read(exchange))
        return;
    if (exchange->err.kind == ERROR_NOT_FOUND && (req->method == GET || req->method == HEAD)) {
        struct error none;
        if (page_find(exchange->server, exchange, &none))
            exchange->err = (struct error){ .kind = ERROR_NONE };
    }
}

void exchange_open(struct exchange *exchange)
{
    struct request *req = &exchange->req;
    req->arena = arena_new();
    req->body = "";
    req->client_ip = "";
    random_hex(req->id, sizeof(req->id) - 1);
    open_at(exchange);
}

static bool has_body(const struct exchange *exchange, const char **length)
{
    *length = request_header(&exchange->req, "Content-Length");
    return request_header(&exchange->req, "Transfer-Encoding") ||
           (*length && strcmp(*length, "0") != 0);
}

static bool type_is(const char *field, const char *type)
{
    size_t len = strlen(type);
    return field && strncasecmp(field, type, len) == 0 && strchr("; \t", field[len]);
}

static bool type_check(enum body_kind kind, const char *field, struct error *err)
{
    static const char *const types[] = {
        [BODY_JSON] = "application/json",
        [BODY_FORM] = "application/x-www-form-urlencoded",
        [BODY_MULTIPART] = "multipart/form-data",
    };
    if (kind == BODY_NONE || kind == BODY_RAW || type_is(field, types[kind]))
        return true;
    error_set(err, MEDIA_TYPE, "expected a body of type %s", types[kind]);
    return error_field(err, "Content-Type");
}

static bool body_judge(const struct exchange *exchange, const struct route *route, bool any,
                       const char *length, struct error *err)
{
    bool optional =
        route->body == BODY_NONE || route->body == BODY_RAW || route->flags & ROUTE_BODY_OPTIONAL;
    const char *type = request_header(&exchange->req, "Content-Type");
    if (any && route->body == BODY_NONE)
        return error_set(err, INVALID, "this address takes no body");
    if (!any && optional)
        return true;
    if (!type_check(route->body, type, err))
        return false;
    bool huge = length && (strlen(length) > 18 || strtoull(length, NULL, 10) > route->body_max);
    return !huge || error_set(err, TOO_LARGE, "the body is over %zu bytes", route->body_max);
}

void exchange_expect_body(struct exchange *exchange)
{
    const struct route *route = exchange->match.route;
    struct error *err = &exchange->err;
    const char *length;
    bool any = has_body(exchange, &length);
    if (err->kind != ERROR_NONE || !route || !body_judge(exchange, route, any, length, err) ||
        route->body == BODY_NONE)
        return;
    struct upload_config config = {
        .kind = route->body,
        .max = route->body_max,
        .temp_dir = exchange->server->config.temp_dir,
        .room = &exchange->server->room,
        .account = &exchange->req.account_id,
        .content_type = request_header(&exchange->req, "Content-Type"),
        .arena = exchange->req.arena,
    };
    if (any)
        (void)!upload_new(&config, &exchange->upload, err);
}

static void failure_log(const struct exchange *exchange)
{
    const struct error *err = &exchange->err;
    if (error_http_status(err->kind) >= 500 || err->sys != 0) {
        log_error("request.failed", KV("request_id", exchange->req.id),
                  KV("method", exchange->method), KV("error", err->message), KV("at", err->where),
                  KV("path", exchange->req.path));
    } else {
        log_debug("request.refused", KV("request_id", exchange->req.id), KV("error", err->message),
                  KV("at", err->where));
    }
}

void exchange_fail(struct exchange *exchange)
{
    const struct server_config *config = &exchange->server->config;
    struct request *req = &exchange->req;
    failure_log(exchange);
    response_clear(&exchange->res);
    response_problem(&exchange->res, req, &exchange->err);
    if (exchange->err.kind == ERROR_METHOD)
        response_header(&exchange->res, "Allow",
                        route_allow(&config->table, req->path, req->arena));
    reply_make(exchange);
}

static bool admit(struct exchange *exchange, struct registry *registry)
{
    server_authorize *authorize = exchange->server->config.authorize;
    struct request *req = &exchange->req;
    if (exchange->admitted || exchange->match.route->flags & ROUTE_INLINE)
        return true;
    if (!authorize && req->route->access != ACCESS_ANYONE)
        return error_set(&exchange->err, UNAUTHORIZED, "nobody can sign in here");
    if (authorize && !authorize(registry, req, &exchange->err))
        return false;
    return exchange->admitted = true;
}

static bool handle(struct exchange *exchange, struct registry *registry)
{
    struct request *req = &exchange->req;
    struct cache *cache = exchange->server->cache;
    if (exchange->upload && !upload_end(exchange->upload, req, &exchange->err))
        return false;
    exchange->generation = cache ? cache_generation(cache) : 0;
    exchange->res = (struct response){ .fd = -1 };
    return exchange->match.route->handle(registry, req, &exchange->res, &exchange->err);
}

void exchange_handle(struct exchange *exchange, struct registry *registry)
{
    bool ok = admit(exchange, registry);
    if (exchange->stage == STAGE_ADMITTING)
        return; /* the answer waits for the end of the body */
    if (ok && handle(exchange, registry))
        reply_make(exchange);
    else
        exchange_fail(exchange);
}

void exchange_free(struct exchange *exchange)
{
    upload_free(exchange->upload);
    response_clear(&exchange->res);
    if (exchange->reply)
        MHD_destroy_response(exchange->reply);
    cached_release(exchange->kept);
    if (exchange->early)
        (void)atomic_fetch_sub(&exchange->server->early, 1);
    arena_free(exchange->req.arena);
    free(exchange);
}
