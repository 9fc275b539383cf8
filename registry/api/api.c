#include "registry/api/api.h"

#include <string.h>

#include "lib/base/random.h"

bool api_limit(const struct request *req, int64_t *out, struct error *err)
{
    static const int64_t bounds[2] = { API_LIMIT_MIN, API_LIMIT_MAX };
    return request_query_integer(req, "limit", bounds, API_LIMIT_DEFAULT, out, err);
}

bool api_cursor(const struct request *req, size_t count, const char **out, struct error *err)
{
    const char *text = request_query(req, "cursor"), *at = text;
    size_t numbers = 0;
    *out = text;
    if (!text)
        return true;
    for (;;) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 18) /* fits 64 bits */
            break;
        numbers++;
        at += digits;
        if (*at != '.')
            break;
        at++;
    }
    if (*at == '\0' && numbers == count)
        return true;
    error_set(err, INVALID, "cursor: not one that this list gave out");
    error_hint(err, "begin again without a cursor");
    return error_field(err, "cursor");
}

struct actor api_actor(const struct request *req)
{
    return (struct actor){ req->account, req->client_ip };
}

void api_keep(struct response *res, const struct request *req, const char *namespace,
              const char *name, bool public)
{
    res->freshness = public ? FRESH_CHECKED : FRESH_PRIVATE;
    if (public)
        res->tag = arena_printf(req->arena, "%s/%s", namespace, name);
}

void api_keep_list(struct response *res, const struct request *req)
{
    res->freshness = req->account ? FRESH_PRIVATE : FRESH_CHECKED;
    if (!req->account)
        res->tag = API_TAG_LISTS;
}

void api_drop(struct response *res, const struct request *req, const char *namespace,
              const char *name)
{
    response_drop(res, arena_printf(req->arena, "%s/%s", namespace, name));
    response_drop(res, API_TAG_LISTS);
}

bool api_document(struct registry *registry, const struct request *req, struct query query,
                  struct response *res, struct error *err)
{
    const char *document;
    size_t len;
    if (!db_fetch_json(registry->db, query, req->arena, &document, &len, err))
        return false;
    if (!document)
        return error_set(err, NOT_FOUND, "there is no such thing");
    return response_json_text(res, 200, document, len);
}

void api_wipe(const char *secret)
{
    void *bytes; /* the request's own memory, lent as const */
    memcpy(&bytes, &secret, sizeof(bytes));
    if (secret)
        secret_wipe(bytes, strlen(secret));
}
