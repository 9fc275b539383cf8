#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "registry/api/api.h"
#include "registry/blob/blob.h"

#define ARCHIVE_TYPE "application/vnd.nono.pack.v1.tar+zstd"
#define BUNDLE_TYPE  "application/vnd.dev.sigstore.bundle.v0.3+json"
#define MANIFEST     "package.json"

/* Browsers find out by themselves what an image is, but not one that is text: a README's SVG needs
 * its type. Asked for by itself it is a download as all files are, and the policy of every answer
 * lets no script in it run. */
#define SVG_TYPE "image/svg+xml"

static bool version_read(struct registry *registry, const struct request *req, struct version **out,
                         struct error *err)
{
    const char *const ref[3] = { request_param(req, "ns"), request_param(req, "name"),
                                 request_param(req, "version") };
    return access_version(registry->db, ref, req->account, ROLE_NONE, req->arena, out, err);
}

/* The same for what says itself that a version is yanked. */
static bool gate_read(struct registry *registry, const struct request *req, struct version **out,
                      struct error *err)
{
    const char *const ref[3] = { request_param(req, "ns"), request_param(req, "name"),
                                 request_param(req, "version") };
    return access_version_gate(registry->db, ref, req->account, req->arena, out, err);
}

/* What is under an exact version never changes; what is under "latest" does. */
static void bytes_keep(struct response *res, const struct request *req,
                       const struct version *version)
{
    bool exact = strcmp(request_param(req, "version"), version->version) == 0;
    api_keep(res, req, version->namespace, version->name, version->visibility == VISIBILITY_PUBLIC);
    if (exact && version->visibility == VISIBILITY_PUBLIC)
        res->freshness = FRESH_IMMUTABLE;
}

static bool blob_answer(struct registry *registry, const char *digest, const char *type,
                        struct response *res, struct error *err)
{
    int fd;
    uint64_t size;
    if (!blob_open(registry->blobs, digest, &fd, &size, err)) {
        if (err->kind == ERROR_NOT_FOUND) /* a row speaks of it: this is our loss, not theirs */
            err->kind = ERROR_INTERNAL;
        return false;
    }
    return response_file(res, type, fd, size, digest);
}

/* The gate that the original's clients know, with our problem document around it. */
static bool yanked_answer(const struct version *version, const struct request *req,
                          struct response *res)
{
    struct arena *arena = req->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    const char *text = arena_printf(arena, "%s/%s@%s is yanked", version->namespace, version->name,
                                    version->version);
    doc_add_text(arena, doc, "type", "about:blank");
    doc_add_text(arena, doc, "title", "Gone");
    doc_add_integer(arena, doc, "status", 410);
    doc_add_text(arena, doc, "detail", text);
    doc_add_text(arena, doc, "code", error_code(ERROR_GONE));
    doc_add_text(arena, doc, "hint",
                 arena_printf(arena, "nono pull %s/%s takes the newest that is not",
                              version->namespace, version->name));
    doc_add_text(arena, doc, "request_id", req->id);
    doc_add_text(arena, doc, "error", text);
    doc_add_bool(arena, doc, "yanked", true);
    doc_add_text(arena, doc, "yank_reason", version->yank_reason);
    doc_add_null(arena, doc, "advisory");
    response_doc(res, 410, doc, arena);
    res->content_type = "application/problem+json";
    return true;
}

/* GET .../pull */
bool pull_show(struct registry *registry, const struct request *req, struct response *res,
               struct error *err)
{
    struct version *version;
    if (!gate_read(registry, req, &version, err))
        return false;
    if (version->yanked)
        return yanked_answer(version, req, res);
    if (!api_document(registry, req, QUERY(version_pull, db_text(version->id)), res, err))
        return false;
    api_keep(res, req, version->namespace, version->name, version->visibility == VISIBILITY_PUBLIC);
    return true;
}

/* GET .../artifacts/{path...}. The manifest stands for the download: every client takes it once. */
bool artifact_show(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    const char *path = request_param(req, "path");
    struct version *version;
    struct file *file;
    if (!version_read(registry, req, &version, err) ||
        !version_find_file(registry->db, version, path, req->arena, &file, err))
        return false;
    if (!file)
        return error_set(err, NOT_FOUND, "%s/%s@%s has no file %s", version->namespace,
                         version->name, version->version, path);
    bool svg = text_ends(path, ".svg");
    if (!blob_answer(registry, file->digest, svg ? SVG_TYPE : "application/octet-stream", res, err))
        return false;
    if (svg)
        response_header(res, "Content-Disposition", "attachment");
    bytes_keep(res, req, version);
    if (strcmp(path, MANIFEST) == 0)
        res->count = version->id;
    return true;
}

/* GET .../bundle */
bool bundle_show(struct registry *registry, const struct request *req, struct response *res,
                 struct error *err)
{
    struct version *version;
    if (!version_read(registry, req, &version, err) ||
        !blob_answer(registry, version->bundle_digest, BUNDLE_TYPE, res, err))
        return false;
    bytes_keep(res, req, version);
    return true;
}

/* GET .../archive */
bool archive_show(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    struct version *version;
    if (!version_read(registry, req, &version, err) ||
        !blob_answer(registry, version->archive_digest, ARCHIVE_TYPE, res, err))
        return false;
    bytes_keep(res, req, version);
    res->count = version->id;
    return true;
}

static bool parts_answer(struct registry *registry, const struct request *req,
                         const struct version *version, struct response *res, struct error *err)
{
    const char *document, *bundle;
    size_t document_len, bundle_len;
    int fd;
    uint64_t size;
    if (!db_fetch_json(registry->db, QUERY(version_pull, db_text(version->id)), req->arena,
                       &document, &document_len, err) ||
        !blob_read(registry->blobs, version->bundle_digest, LIMIT_BUNDLE_BYTES, req->arena, &bundle,
                   &bundle_len, err) ||
        !blob_open(registry->blobs, version->archive_digest, &fd, &size, err))
        return false;
    char digest[SHA256_TEXT];
    sha256_hex(document, document_len, digest);
    response_mixed(res, 200);
    res->etag = arena_printf(req->arena, "%.16s-%.16s", digest, version->archive_digest);
    response_mixed_bytes(res, "pull", "application/json", document, document_len);
    response_mixed_bytes(res, "bundle", BUNDLE_TYPE, bundle, bundle_len);
    response_mixed_file(res, "archive", ARCHIVE_TYPE, fd, size);
    return true;
}

/* GET .../download: pull document, bundle and archive in one answer. */
bool download_show(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    struct version *version;
    if (!gate_read(registry, req, &version, err))
        return false;
    if (version->yanked)
        return yanked_answer(version, req, res);
    if (!parts_answer(registry, req, version, res, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_INTERNAL;
        return false;
    }
    api_keep(res, req, version->namespace, version->name, version->visibility == VISIBILITY_PUBLIC);
    res->count = version->id;
    return true;
}
