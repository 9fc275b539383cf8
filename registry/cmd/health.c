#include "registry/cmd/health.h"

#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "registry/blob/blob.h"
#include "registry/db/db.h"
#include "registry/http/response.h"

#define METRICS_BYTES_MAX (4 * MIB)

/* GET /healthz: the process answers. */
static bool health_show(struct registry *registry, const struct request *req, struct response *res,
                        struct error *err)
{
    static const char text[] = "{\"status\":\"ok\"}";
    (void)registry, (void)req, (void)err;
    return response_json_text(res, 200, text, sizeof(text) - 1);
}

/* GET /readyz: it could serve a pack and take one. */
static bool ready_show(struct registry *registry, const struct request *req, struct response *res,
                       struct error *err)
{
    if (!db_ping(registry->db, err) || !blob_store_check(registry->blobs, err)) {
        err->kind = ERROR_UNAVAILABLE;
        return false;
    }
    return health_show(registry, req, res, err);
}

/* GET /metrics */
static bool metrics_show(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    const struct serving *serving = (const struct serving *)registry;
    CLEANUP(buf_clearp) struct buf text;
    buf_init(&text, METRICS_BYTES_MAX);
    if (!metrics_print(serving->metrics, &text, err))
        return false;
    return response_bytes(res, 200, "text/plain; version=0.0.4; charset=utf-8",
                          arena_strndup(req->arena, text.data, text.len), text.len);
}

/* clang-format off */
const struct route health_routes[] = {
    { GET, "//healthz", ACCESS_ANYONE, NULL, BODY_NONE, 0, health_show,  ROUTE_INLINE | ROUTE_BOTH },
    { GET, "//readyz",  ACCESS_ANYONE, NULL, BODY_NONE, 0, ready_show,   ROUTE_BOTH },
    { GET, "//metrics", ACCESS_ANYONE, NULL, BODY_NONE, 0, metrics_show, ROUTE_INLINE | ROUTE_ADMIN },
};
/* clang-format on */
const size_t health_routes_count = COUNT(health_routes);
