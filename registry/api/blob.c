#include "registry/blob/blob.h"

#include "lib/base/text.h"
#include "registry/api/api.h"

/* GET /blobs/{digest}: "sha256:" and 64 hex digits, or the digits alone. */
bool blob_show(struct registry *registry, const struct request *req, struct response *res,
               struct error *err)
{
    const char *digest = request_param(req, "digest");
    struct blob *blob;
    int fd;
    uint64_t size;
    if (text_starts(digest, "sha256:"))
        digest += sizeof("sha256:") - 1;
    if (!sha256_is_text(digest)) {
        error_set(err, INVALID, "digest: expected sha256: and 64 lower-case hex digits");
        return error_field(err, "digest");
    }
    if (!blob_find(registry->db, digest, principal_viewer(req->account), req->arena, &blob, err))
        return false;
    if (!blob)
        return error_set(err, NOT_FOUND, "no blob sha256:%s", digest);
    if (!blob_open(registry->blobs, digest, &fd, &size, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_INTERNAL;
        return false;
    }
    response_file(
        res, blob->archive ? "application/vnd.nono.pack.v1.tar+zstd" : "application/octet-stream",
        fd, size, digest);
    res->freshness = blob->public ? FRESH_IMMUTABLE : FRESH_PRIVATE;
    res->tag = blob->public ? blob->holder : NULL;
    return true;
}
