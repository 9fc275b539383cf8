#include "registry/http/response.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/json/json.h"

#define PROBLEM_TYPE "application/problem+json"
#define RETRY_S      5U /* when nobody knows better */

bool response_bytes(struct response *res, int status, const char *content_type, const void *bytes,
                    size_t len)
{
    *res = (struct response){
        .status = status, .content_type = content_type, .bytes = bytes, .len = len, .fd = -1
    };
    return true;
}

bool response_json_text(struct response *res, int status, const char *text, size_t len)
{
    return response_bytes(res, status, "application/json", text, len);
}

bool response_doc(struct response *res, int status, const struct doc *doc, struct arena *arena)
{
    const char *text = json_print(doc, JSON_COMPACT_KEPT, arena);
    return response_json_text(res, status, text, strlen(text));
}

bool response_json(struct response *res, int status, const struct record *record, const void *in,
                   struct arena *arena)
{
    return response_doc(res, status, record_encode(record, in, arena), arena);
}

bool response_file(struct response *res, const char *content_type, int fd, uint64_t size,
                   const char *digest)
{
    *res = (struct response){ .status = 200,
                              .kind = RESPONSE_FILE,
                              .content_type = content_type,
                              .fd = fd,
                              .file_size = size,
                              .etag = digest };
    return true;
}

bool response_empty(struct response *res, int status)
{
    return response_bytes(res, status, NULL, "", 0);
}

bool response_mixed(struct response *res, int status)
{
    *res = (struct response){ .status = status, .kind = RESPONSE_MIXED, .fd = -1 };
    return true;
}

static struct response_part *mixed_add(struct response *res, const char *name,
                                       const char *content_type, uint64_t size)
{
    assert(res->kind == RESPONSE_MIXED && res->part_count < RESPONSE_PARTS_MAX);
    struct response_part *part = &res->parts[res->part_count++];
    *part = (struct response_part){ content_type, name, NULL, -1, size };
    return part;
}

void response_mixed_bytes(struct response *res, const char *name, const char *content_type,
                          const void *bytes, size_t len)
{
    mixed_add(res, name, content_type, len)->bytes = bytes;
}

void response_mixed_file(struct response *res, const char *name, const char *content_type, int fd,
                         uint64_t size)
{
    mixed_add(res, name, content_type, size)->fd = fd;
}

void response_header(struct response *res, const char *name, const char *value)
{
    assert(res->header_count < RESPONSE_HEADERS_MAX);
    res->headers[res->header_count++] = (struct argument){ name, value };
}

void response_drop(struct response *res, const char *tag)
{
    assert(res->drop_count < RESPONSE_DROPS_MAX);
    res->drops[res->drop_count++] = tag;
}

static const char *status_title(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
    };
    for (size_t i = 0; i < COUNT(titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

/*
 * What went wrong inside is for the log, and the request id leads there; so is what an errno is
 * behind, as it may name the server's own files. A full disk is the operator's to see to, and worth
 * another try.
 */
static enum error_kind kind_told(const struct error *err)
{
    if (err->sys == ENOSPC || err->sys == EDQUOT)
        return ERROR_UNAVAILABLE;
    bool inside = err->sys != 0 && err->kind != ERROR_UNAVAILABLE;
    return inside ? ERROR_INTERNAL : err->kind;
}

static const char *detail_of(const struct error *err, enum error_kind kind)
{
    if (kind == ERROR_INTERNAL)
        return "the registry failed; its log has the reason under this request id";
    if (kind == ERROR_UNAVAILABLE)
        return "the registry cannot do this just now; try again later";
    return err->message;
}

void response_problem(struct response *res, const struct request *req, const struct error *err)
{
    struct arena *arena = req->arena;
    enum error_kind kind = kind_told(err);
    bool ours = kind == ERROR_INTERNAL || kind == ERROR_UNAVAILABLE;
    int status = error_http_status(kind);
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "type", "about:blank");
    doc_add_text(arena, doc, "title", status_title(status));
    doc_add_integer(arena, doc, "status", status);
    doc_add_text(arena, doc, "detail", detail_of(err, kind));
    doc_add_text(arena, doc, "code", error_code(kind));
    if (err->field[0] && !ours)
        doc_add_text(arena, doc, "field", err->field);
    if (err->hint[0] && !ours)
        doc_add_text(arena, doc, "hint", err->hint);
    doc_add_text(arena, doc, "request_id", req->id);
    response_doc(res, status, doc, arena);
    res->content_type = PROBLEM_TYPE;
    if (status == 401)
        response_header(res, "WWW-Authenticate", "Bearer realm=\"nono\"");
    if (status == 503 || status == 429)
        response_header(res, "Retry-After",
                        arena_printf(arena, "%u", err->retry_s ? err->retry_s : RETRY_S));
}

void response_clear(struct response *res)
{
    if (res->kind == RESPONSE_FILE)
        closep(&res->fd);
    for (size_t i = 0; i < res->part_count; i++)
        closep(&res->parts[i].fd);
    *res = (struct response){ .fd = -1 };
}
