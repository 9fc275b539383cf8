/*
 * What a handler answers. The server adds what every response has: security headers, the request
 * id, ETag and 304, Range and 206 or 416, HEAD, the problem document of a failure.
 *
 * A response with a cache tag is kept in memory and answers the same address again without a
 * handler, to requests that carry no credentials, until server_drop() of that tag. Handlers tag
 * only what anyone may see, and what changes only with what is named by the tag.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "registry/http/request.h"

#define RESPONSE_HEADERS_MAX 6
#define RESPONSE_PARTS_MAX   4
#define RESPONSE_DROPS_MAX   2

enum response_kind {
    RESPONSE_BYTES, /* in memory */
    RESPONSE_FILE,  /* a descriptor, by sendfile */
    RESPONSE_MIXED, /* multipart/mixed: some parts in memory, some descriptors */
};

/* Cache-Control. */
enum freshness {
    FRESH_NEVER,     /* no-store: the default; anything that depends on who asks */
    FRESH_CHECKED,   /* no-cache with an ETag: public documents that may change */
    FRESH_PRIVATE,   /* private, no-cache with an ETag: documents only some may see */
    FRESH_IMMUTABLE, /* public, max-age of a year, immutable: what is named by its digest */
};

struct response_part {
    const char *content_type;
    const char *name;  /* Content-Disposition's name, a plain word */
    const void *bytes; /* NULL when fd is used */
    int fd;            /* from its offset 0; owned by the response */
    uint64_t size;
};

struct response {
    int status;
    enum response_kind kind;
    const char *content_type;
    const void *bytes; /* RESPONSE_BYTES; in the request's arena, or static */
    size_t len;
    int fd;             /* RESPONSE_FILE; owned by the response */
    uint64_t file_size; /* of RESPONSE_FILE */
    struct response_part parts[RESPONSE_PARTS_MAX];
    size_t part_count;
    enum freshness freshness;
    const char *etag;  /* without quotes; NULL: of the bytes, when freshness asks for one */
    const char *tag;   /* of the cache; NULL: not kept */
    const char *count; /* told to server_config.count each time this is sent whole; NULL: nothing */
    const char *drops[RESPONSE_DROPS_MAX]; /* tags that this answer's change made stale */
    size_t drop_count;
    struct argument headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
};

/* All return true, so that a handler ends in `return response_json(...)`. */
bool response_json(struct response *res, int status, const struct record *record, const void *in,
                   struct arena *arena);
bool response_doc(struct response *res, int status, const struct doc *doc, struct arena *arena);
/* JSON that is text already, as db_fetch_json gives it. */
bool response_json_text(struct response *res, int status, const char *text, size_t len);
bool response_bytes(struct response *res, int status, const char *content_type, const void *bytes,
                    size_t len);
/* Takes fd. digest is the ETag: 64 hex digits. */
bool response_file(struct response *res, const char *content_type, int fd, uint64_t size,
                   const char *digest);
bool response_empty(struct response *res, int status);

/* Begins a multipart/mixed response; parts follow in order with Content-Length each. */
bool response_mixed(struct response *res, int status);
void response_mixed_bytes(struct response *res, const char *name, const char *content_type,
                          const void *bytes, size_t len);
/* Takes fd. */
void response_mixed_file(struct response *res, const char *name, const char *content_type, int fd,
                         uint64_t size);

/* Adds a header field; name and value are static or in the request's arena. */
void response_header(struct response *res, const char *name, const char *value);

/*
 * Says that a change made answers with this tag stale, before the answer is sent: whoever reads
 * after it reads the new. Other nodes hear of it by NOTIFY.
 */
void response_drop(struct response *res, const char *tag);

/* The document of RFC 9457 for a failure, in place of whatever was there. */
void response_problem(struct response *res, const struct request *req, const struct error *err);

/* Closes what the response holds. */
void response_clear(struct response *res);
