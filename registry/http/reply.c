/* Responses as libmicrohttpd sends them: header fields, 304, ranges, multipart, what is kept. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "lib/digest/sha256.h"
#include "registry/http/conditional.h"
#include "registry/http/internal.h"

#define ETAG_MAX       96
#define MIXED_BLOCK    ((size_t)32 * 1024)
#define MIXED_KEEP_MAX ((uint64_t)512 * 1024) /* a multipart answer that is kept is one buffer */
#define MIXED_HEAD_MAX 512

static const char *cache_control(enum freshness freshness)
{
    switch (freshness) {
    case FRESH_CHECKED:
        return "public, no-cache";
    case FRESH_PRIVATE:
        return "private, no-cache";
    case FRESH_IMMUTABLE:
        return "public, max-age=31536000, immutable";
    case FRESH_NEVER:
    default:
        return "no-store";
    }
}

static void field_add(struct MHD_Response *reply, const char *name, const char *value)
{
    (void)MHD_add_response_header(reply, name, value);
}

#define API_CSP "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/* What every response says; those of a page's own come before and are not doubled. */
static void common_fields(const struct server *server, struct MHD_Response *reply)
{
    field_add(reply, "X-Content-Type-Options", "nosniff");
    field_add(reply, "Referrer-Policy", "no-referrer");
    if (!MHD_get_response_header(reply, "Content-Security-Policy"))
        field_add(reply, "Content-Security-Policy", API_CSP);
    if (server->config.tls)
        field_add(reply, "Strict-Transport-Security", "max-age=31536000");
}

static void entity_fields(const struct response *res, struct MHD_Response *reply)
{
    field_add(reply, "Cache-Control", cache_control(res->freshness));
    if (res->freshness == FRESH_CHECKED || res->freshness == FRESH_PRIVATE)
        field_add(reply, "Vary", "Authorization, Cookie");
    if (res->etag) {
        char etag[ETAG_MAX + 2];
        (void)snprintf(etag, sizeof(etag), "\"%s\"", res->etag);
        field_add(reply, "ETag", etag);
    }
}

static void all_fields(const struct exchange *exchange, const struct response *res,
                       struct MHD_Response *reply)
{
    if (res->content_type)
        field_add(reply, "Content-Type", res->content_type);
    for (size_t i = 0; i < res->header_count; i++)
        field_add(reply, res->headers[i].name, res->headers[i].value);
    if (res->kind == RESPONSE_FILE)
        field_add(reply, "Accept-Ranges", "bytes");
    entity_fields(res, reply);
    common_fields(exchange->server, reply);
}

/* Parts of a multipart/mixed answer, one behind the other. */
struct mixed {
    struct piece {
        const void *bytes; /* in the request's arena, which outlives the sending; or NULL */
        int fd;
        uint64_t size;
    } pieces[2 * RESPONSE_PARTS_MAX + 1];
    size_t count;
    uint64_t total;
};

static void piece_add(struct mixed *mixed, const void *bytes, int fd, uint64_t size)
{
    mixed->pieces[mixed->count++] = (struct piece){ bytes, fd, size };
    mixed->total += size;
}

static void mixed_free(void *context)
{
    struct mixed *mixed = context;
    for (size_t i = 0; i < mixed->count; i++)
        closep(&mixed->pieces[i].fd);
    free(mixed);
}

static ssize_t piece_read(const struct piece *piece, uint64_t at, char *out, size_t max)
{
    uint64_t left = piece->size - at;
    size_t len = left < max ? (size_t)left : max;
    if (!piece->bytes)
        return pread(piece->fd, out, len, (off_t)at);
    memcpy(out, (const char *)piece->bytes + at, len);
    return (ssize_t)len;
}

static ssize_t mixed_read(void *context, uint64_t at, char *out, size_t max)
{
    const struct mixed *mixed = context;
    size_t i = 0;
    while (i < mixed->count && at >= mixed->pieces[i].size)
        at -= mixed->pieces[i++].size;
    if (i < mixed->count) {
        ssize_t got = piece_read(&mixed->pieces[i], at, out, max);
        return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static struct mixed *mixed_make(struct response *res, struct arena *arena)
{
    struct mixed *mixed = xnew(struct mixed);
    char boundary[33];
    random_hex(boundary, 32);
    for (size_t i = 0; i < res->part_count; i++) {
        struct response_part *part = &res->parts[i];
        const char *head = arena_printf(
            arena,
            "%s--%s\r\nContent-Type: %s\r\nContent-Disposition: attachment; name=\"%s\"\r\n"
            "Content-Length: %llu\r\n\r\n",
            i ? "\r\n" : "", boundary, part->content_type, part->name,
            (unsigned long long)part->size);
        piece_add(mixed, head, -1, strlen(head));
        piece_add(mixed, part->bytes, part->fd, part->size);
        part->fd = -1;
    }
    const char *tail = arena_printf(arena, "\r\n--%s--\r\n", boundary);
    piece_add(mixed, tail, -1, strlen(tail));
    res->content_type = arena_printf(arena, "multipart/mixed; boundary=%s", boundary);
    return mixed;
}

/* All of it in memory, so that many connections can be sent the same; NULL when it cannot be read.
 */
static struct MHD_Response *mixed_keepable(struct mixed *mixed)
{
    char *bytes = xcalloc(1, (size_t)mixed->total + 1);
    for (uint64_t at = 0; at < mixed->total;) {
        ssize_t got = mixed_read(mixed, at, bytes + at, (size_t)(mixed->total - at));
        if (got <= 0) {
            free(bytes);
            return NULL;
        }
        at += (uint64_t)got;
    }
    return MHD_create_response_from_buffer((size_t)mixed->total, bytes, MHD_RESPMEM_MUST_FREE);
}

static struct MHD_Response *mixed_reply(struct exchange *exchange, bool keep)
{
    struct mixed *mixed = mixed_make(&exchange->res, exchange->req.arena);
    exchange->bytes_out = mixed->total;
    if (keep) {
        struct MHD_Response *reply = mixed_keepable(mixed);
        mixed_free(mixed);
        return reply;
    }
    return MHD_create_response_from_callback(mixed->total, MIXED_BLOCK, mixed_read, mixed,
                                             mixed_free);
}

/* Bytes are copied only when they outlive the request. */
static struct MHD_Response *body_reply(struct exchange *exchange, bool keep)
{
    struct response *res = &exchange->res;
    if (res->kind == RESPONSE_MIXED)
        return mixed_reply(exchange, keep);
    if (res->kind == RESPONSE_BYTES) {
        exchange->bytes_out = res->len;
        return MHD_create_response_from_buffer(res->len, (void *)(uintptr_t)res->bytes,
                                               keep ? MHD_RESPMEM_MUST_COPY
                                                    : MHD_RESPMEM_PERSISTENT);
    }
    int fd = res->fd;
    res->fd = -1;
    exchange->bytes_out = res->file_size;
    return MHD_create_response_from_fd64(res->file_size, fd);
}

/* How long it is when it is sent whole; the parts of a mixed one are then closed. */
static uint64_t length_of(struct exchange *exchange)
{
    struct response *res = &exchange->res;
    if (res->kind != RESPONSE_MIXED)
        return res->kind == RESPONSE_FILE ? res->file_size : res->len;
    struct mixed *mixed = mixed_make(res, exchange->req.arena);
    uint64_t total = mixed->total;
    mixed_free(mixed);
    return total;
}

static ssize_t nothing_read(void *context, uint64_t at, char *out, size_t max)
{
    (void)context, (void)at, (void)out, (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* For 304, whose body is never asked for: its Content-Length is that of the 200 (RFC 9110, 8.6). */
static struct MHD_Response *bodiless_reply(uint64_t len)
{
    return MHD_create_response_from_callback(len, 1, nothing_read, NULL, NULL);
}

static void answer(struct exchange *exchange, unsigned status, struct MHD_Response *reply)
{
    if (!reply)
        abort(); /* out of memory: libmicrohttpd has no other reason */
    if (exchange->req.id[0])
        field_add(reply, "X-Request-Id", exchange->req.id);
    exchange->reply = reply;
    exchange->status = status;
    exchange->stage = STAGE_ANSWERED;
}

/* The problem document in place of what was there, kept by nobody: the same address has an answer
 * to others. name and value are another field of it, or NULL. */
static void refuse(struct exchange *exchange, const char *name, const char *value)
{
    struct response *res = &exchange->res;
    response_clear(res);
    response_problem(res, &exchange->req, &exchange->err);
    if (name)
        response_header(res, name, value);
    struct MHD_Response *reply = body_reply(exchange, false);
    if (reply)
        all_fields(exchange, res, reply);
    answer(exchange, (unsigned)res->status, reply);
}

/* Says how much there is. */
static void range_refuse(struct exchange *exchange)
{
    unsigned long long size = exchange->res.file_size;
    error_set(&exchange->err, RANGE, "the range begins behind the end: there are %llu bytes", size);
    error_field(&exchange->err, "Range");
    refuse(exchange, "Content-Range", arena_printf(exchange->req.arena, "bytes */%llu", size));
}

static void match_refuse(struct exchange *exchange)
{
    error_set(&exchange->err, PRECONDITION, "what is here is none of those that were asked for");
    error_field(&exchange->err, "If-Match");
    refuse(exchange, NULL, NULL);
}

/* 206 or 416 when the request has a range that counts, which is for GET alone (RFC 9110, 14.2);
 * false for the whole. */
static bool range_answer(struct exchange *exchange)
{
    struct response *res = &exchange->res;
    const char *condition = request_header(&exchange->req, "If-Range");
    uint64_t first, last;
    char text[80];
    if (exchange->req.method != GET || res->kind != RESPONSE_FILE || res->status != 200 ||
        (condition && !(res->etag && etag_is(condition, res->etag))))
        return false;
    enum range_result range =
        range_read(request_header(&exchange->req, "Range"), res->file_size, &first, &last);
    if (range == RANGE_WHOLE)
        return false;
    if (range == RANGE_OUTSIDE) {
        range_refuse(exchange);
        return true;
    }
    struct MHD_Response *reply =
        MHD_create_response_from_fd_at_offset64(last - first + 1, res->fd, first);
    if (!reply)
        abort();
    res->fd = -1;
    exchange->bytes_out = last - first + 1;
    (void)snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", (unsigned long long)first,
                   (unsigned long long)last, (unsigned long long)res->file_size);
    field_add(reply, "Content-Range", text);
    all_fields(exchange, res, reply);
    answer(exchange, 206, reply);
    return true;
}

/* Its fields replace those that the client has kept (RFC 9111, 4.3.4), so a page's own come along.
 */
static struct MHD_Response *not_modified_reply(const struct exchange *exchange,
                                               const struct response *res, uint64_t len)
{
    struct MHD_Response *reply = bodiless_reply(len);
    if (!reply)
        abort();
    for (size_t i = 0; i < res->header_count; i++)
        if (strcmp(res->headers[i].name, "Content-Encoding") != 0)
            field_add(reply, res->headers[i].name, res->headers[i].value);
    entity_fields(res, reply);
    common_fields(exchange->server, reply);
    return reply;
}

/* The entity tag of bytes is half of their digest. */
static void etag_fill(struct exchange *exchange)
{
    struct response *res = &exchange->res;
    if (res->etag || res->freshness == FRESH_NEVER || res->kind != RESPONSE_BYTES)
        return;
    char digest[SHA256_TEXT];
    sha256_hex(res->bytes, res->len, digest);
    res->etag = arena_strndup(exchange->req.arena, digest, 32);
}

/* A larger multipart answer is sent from its own request's memory and file: nobody else's. */
static bool is_small(const struct response *res)
{
    uint64_t total = 0;
    for (size_t i = 0; i < res->part_count; i++)
        total += res->parts[i].size;
    return total <= MIXED_KEEP_MAX;
}

static bool may_keep(const struct exchange *exchange)
{
    const struct response *res = &exchange->res;
    return is_small(res) && exchange->server->cache && res->tag && res->status == 200 &&
           res->etag && (!res->count || strlen(res->count) < sizeof(((struct cached *)0)->count)) &&
           exchange->req.method == GET && !request_header(&exchange->req, "Authorization") &&
           !request_header(&exchange->req, "Cookie");
}

static void keep(struct exchange *exchange, struct MHD_Response *reply)
{
    const struct response *res = &exchange->res;
    struct cached *cached = xnew(struct cached);
    *cached = (struct cached){
        .references = 1,
        .response = reply,
        .not_modified = not_modified_reply(exchange, res, exchange->bytes_out),
        .route = exchange->match.route,
        .size = (res->kind == RESPONSE_FILE ? 0 : exchange->bytes_out) + 1024,
        .len = exchange->bytes_out,
    };
    (void)snprintf(cached->etag, sizeof(cached->etag), "%s", res->etag);
    (void)snprintf(cached->count, sizeof(cached->count), "%s", res->count ? res->count : "");
    cache_keep(exchange->server->cache, exchange->uri, res->tag, exchange->generation, cached);
    exchange->kept = cached;
    exchange->status = 200;
    exchange->stage = STAGE_ANSWERED;
}

/* 304 or 412 when the request has conditions that say so; false otherwise. */
static bool condition_answer(struct exchange *exchange)
{
    struct response *res = &exchange->res;
    struct conditions conditions = { .etag = res->etag };
    if (!res->etag || res->status != 200)
        return false;
    LIST_FOREACH (exchange->req.headers, struct argument, header)
        conditions_field(&conditions, header->name, header->value);
    enum condition condition = conditions_judge(&conditions);
    if (condition == CONDITION_FAILED)
        match_refuse(exchange);
    else if (condition == CONDITION_NOT_MODIFIED)
        answer(exchange, 304, not_modified_reply(exchange, res, length_of(exchange)));
    return condition != CONDITION_NONE;
}

void reply_make(struct exchange *exchange)
{
    struct response *res = &exchange->res;
    assert(!res->etag || strlen(res->etag) < ETAG_MAX);
    if (exchange->server->cache)
        for (size_t i = 0; i < res->drop_count; i++)
            cache_drop(exchange->server->cache, res->drops[i]);
    etag_fill(exchange);
    exchange->count = res->count;
    if (condition_answer(exchange) || range_answer(exchange))
        return;
    bool kept = may_keep(exchange);
    struct MHD_Response *reply = body_reply(exchange, kept);
    if (!reply) {
        error_set(&exchange->err, INTERNAL, "the answer cannot be read");
        exchange_fail(exchange);
        return;
    }
    all_fields(exchange, res, reply);
    if (kept)
        keep(exchange, reply); /* without this request's id */
    else
        answer(exchange, (unsigned)res->status, reply);
}

/* The fields of a request that an answer from memory hangs on. */
struct asked {
    bool more; /* what memory does not judge: who asks, a part, several conditions */
    const char *if_none_match;
};

static enum MHD_Result on_asked(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    static const char *const others[] = { "Authorization", "Cookie", "Range", "If-Match" };
    struct asked *asked = context;
    (void)kind;
    if (!strchr("AaCcRrIi", name[0])) /* most are none of them */
        return MHD_YES;
    for (size_t i = 0; i < COUNT(others); i++)
        asked->more |= strcasecmp(name, others[i]) == 0;
    if (strcasecmp(name, "If-None-Match") == 0) {
        asked->more |= asked->if_none_match != NULL;
        asked->if_none_match = value;
    }
    return MHD_YES;
}

bool reply_cached(struct exchange *exchange)
{
    struct cache *cache = exchange->server->cache;
    struct asked asked = { 0 };
    if (!cache)
        return false;
    (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_asked, &asked);
    if (asked.more)
        return false;
    struct cached *cached = cache_get(cache, exchange->uri);
    if (!cached)
        return false;
    bool same = etag_listed(asked.if_none_match, cached->etag);
    exchange->kept = cached;
    exchange->match.route = cached->route;
    exchange->count = cached->count[0] ? cached->count : NULL;
    exchange->bytes_out = same ? 0 : cached->len;
    exchange->status = same ? 304 : 200;
    exchange->stage = STAGE_ANSWERED;
    return true;
}
