#include <string.h>

#include "registry/api/api.h"
#include "registry/api/markdown.h"
#include "registry/domain/package.h"
#include "registry/domain/permissions_page.h"

/* GET /packages/{ns}/{name}/versions */
bool versions_list(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    const char *const ref[2] = { request_param(req, "ns"), request_param(req, "name") };
    struct package *package;
    const char *cursor;
    int64_t limit;
    if (!api_limit(req, &limit, err) || !api_cursor(req, 1, &cursor, err) ||
        !access_package(registry->db, ref, req->account, ROLE_NONE, req->arena, &package, err) ||
        !api_document(
            registry, req,
            QUERY(version_list, db_integer(package->id), db_integer(limit), db_text(cursor)), res,
            err))
        return false;
    api_keep(res, req, ref[0], ref[1], package->visibility == VISIBILITY_PUBLIC);
    return true;
}

struct ref {
    const char *parts[3];
};

static struct ref ref_of(const struct request *req)
{
    return (struct ref){ { request_param(req, "ns"), request_param(req, "name"),
                           request_param(req, "version") } };
}

static bool version_read(struct registry *registry, const struct request *req, struct version **out,
                         struct error *err)
{
    struct ref ref = ref_of(req);
    return access_version(registry->db, ref.parts, req->account, ROLE_NONE, req->arena, out, err);
}

static bool version_keep(struct response *res, const struct request *req,
                         const struct version *version)
{
    api_keep(res, req, version->namespace, version->name, version->visibility == VISIBILITY_PUBLIC);
    return true;
}

/* GET /packages/{ns}/{name}/versions/{version} */
bool version_show(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    struct version *version;
    return version_read(registry, req, &version, err) &&
           api_document(registry, req, QUERY(version_document, db_text(version->id)), res, err) &&
           version_keep(res, req, version);
}

/* GET .../permissions */
bool version_permissions_show(struct registry *registry, const struct request *req,
                              struct response *res, struct error *err)
{
    struct version *version;
    const char *summary, *page;
    size_t len;
    if (!version_read(registry, req, &version, err) ||
        !db_fetch_json(registry->db, QUERY(version_permissions, db_text(version->id)), req->arena,
                       &summary, &len, err))
        return false;
    if (!summary)
        return error_set(err, NOT_FOUND, "this version has no permissions summary");
    return permissions_page(summary, len, req->arena, &page, err) &&
           response_json_text(res, 200, page, strlen(page)) && version_keep(res, req, version);
}

/* GET .../readme: HTML without any of the author's own tags, scripts or javascript: links. */
bool version_readme_show(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    struct version *version;
    const char *markdown;
    size_t len;
    if (!version_read(registry, req, &version, err) ||
        !db_fetch_json(registry->db, QUERY(version_readme, db_text(version->id)), req->arena,
                       &markdown, &len, err))
        return false;
    if (!markdown)
        return error_set(err, NOT_FOUND, "this version has no README.md, or none that is text");
    const char *html,
        *base = arena_printf(req->arena, ROUTE_PREFIX "/packages/%s/%s/versions/%s/artifacts/",
                             version->namespace, version->name, version->version);
    if (!markdown_html(markdown, len, base, req->arena, &html, err))
        return false;
    response_bytes(res, 200, "text/html; charset=utf-8", html, strlen(html));
    return version_keep(res, req, version);
}

/* What a yank itself tells, to whoever may not read the pack. */
static bool yank_answer(struct registry *registry, const struct request *req,
                        const struct version *acted, struct response *res, struct error *err)
{
    const char *const ref[3] = { acted->namespace, acted->name, acted->version };
    struct version *version;
    if (!version_find(registry->db, ref, req->account_id, req->arena, &version, err))
        return false;
    if (!version)
        return error_set(err, NOT_FOUND, "no version %s of %s/%s", ref[2], ref[0], ref[1]);
    struct doc *doc = doc_new(req->arena, DOC_TABLE);
    doc_add_text(req->arena, doc, "namespace", version->namespace);
    doc_add_text(req->arena, doc, "name", version->name);
    doc_add_text(req->arena, doc, "version", version->version);
    doc_add_bool(req->arena, doc, "yanked", version->yanked);
    doc_add_text(req->arena, doc, "yank_reason", version->yanked ? version->yank_reason : NULL);
    return response_doc(res, 200, doc, req->arena);
}

/* The version that was acted on, as it is now. */
static bool version_answer(struct registry *registry, const struct request *req,
                           const struct version *version, struct response *res, struct error *err)
{
    bool hidden =
        version->visibility == VISIBILITY_PRIVATE && !principal_may(req->account, SCOPE_READ);
    if (!(hidden ? yank_answer(registry, req, version, res, err)
                 : api_document(registry, req, QUERY(version_document, db_text(version->id)), res,
                                err)))
        return false;
    api_drop(res, req, version->namespace, version->name);
    return true;
}

struct yank_body {
    const char *reason;
};

static const struct field yank_fields[] = {
    TEXT(struct yank_body, reason, REQUIRED),
};
static const struct record yank_record = RECORD(struct yank_body, "yank", yank_fields);

/* POST .../yank */
bool version_yank_post(struct registry *registry, const struct request *req, struct response *res,
                       struct error *err)
{
    struct ref ref = ref_of(req);
    struct yank_body body;
    struct version *version;
    struct actor actor = api_actor(req);
    return request_json(req, &yank_record, &body, err) &&
           version_yank(registry, ref.parts, body.reason, &actor, req->arena, &version, err) &&
           version_answer(registry, req, version, res, err);
}

/* POST .../unyank */
bool version_unyank_post(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    struct ref ref = ref_of(req);
    struct version *version;
    struct actor actor = api_actor(req);
    return version_unyank(registry, ref.parts, &actor, req->arena, &version, err) &&
           version_answer(registry, req, version, res, err);
}
