#include "registry/domain/package.h"

#include <string.h>

#include "lib/base/text.h"
#include "registry/api/api.h"

#define QUERY_MAX 200

static bool list_answer(struct registry *registry, const struct request *req, const char *words,
                        struct response *res, struct error *err)
{
    const char *cursor;
    int64_t limit;
    if (!api_limit(req, &limit, err) || !api_cursor(req, 3, &cursor, err) ||
        !api_document(registry, req,
                      QUERY(package_search, db_text(words), db_id(principal_viewer(req->account)),
                            db_integer(limit), db_text(cursor), db_null()),
                      res, err))
        return false;
    api_keep_list(res, req);
    return true;
}

/* GET /packages?q= */
bool packages_search(struct registry *registry, const struct request *req, struct response *res,
                     struct error *err)
{
    const char *words = request_query(req, "q");
    if (!words)
        words = "";
    if (!text_is_line(words, 0, QUERY_MAX)) {
        error_set(err, INVALID, "q: expected at most %d printable characters", QUERY_MAX);
        return error_field(err, "q");
    }
    return list_answer(registry, req, words, res, err);
}

/* GET /packages/popular */
bool packages_popular(struct registry *registry, const struct request *req, struct response *res,
                      struct error *err)
{
    return list_answer(registry, req, "", res, err);
}

/* GET /packages/{ns}/{name} */
bool package_show(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    const char *const ref[2] = { request_param(req, "ns"), request_param(req, "name") };
    struct package *package;
    if (!access_package(registry->db, ref, req->account, ROLE_NONE, req->arena, &package, err) ||
        !api_document(registry, req,
                      QUERY(package_document, db_text(ref[0]), db_text(ref[1]),
                            db_id(principal_viewer(req->account))),
                      res, err))
        return false;
    api_keep(res, req, ref[0], ref[1], package->visibility == VISIBILITY_PUBLIC);
    return true;
}

static const struct field change_fields[] = {
    TEXT(struct package_change, visibility, OPTIONAL),
    TEXT(struct package_change, description, OPTIONAL),
};
static const struct record change_record =
    RECORD(struct package_change, "package change", change_fields);

/* The package as it is now; to whoever may not read it, what the change itself tells. */
static bool package_answer(struct registry *registry, const struct request *req,
                           const char *const ref[2], struct response *res, struct error *err)
{
    const char *document;
    size_t len;
    if (!db_fetch_json(registry->db,
                       QUERY(package_document, db_text(ref[0]), db_text(ref[1]),
                             db_id(principal_viewer(req->account))),
                       req->arena, &document, &len, err))
        return false;
    if (document)
        return response_json_text(res, 200, document, len);
    struct doc *doc = doc_new(req->arena, DOC_TABLE);
    doc_add_text(req->arena, doc, "namespace", ref[0]);
    doc_add_text(req->arena, doc, "name", ref[1]);
    doc_add_text(req->arena, doc, "visibility", visibility_names[VISIBILITY_PRIVATE]);
    return response_doc(res, 200, doc, req->arena);
}

/* PATCH /packages/{ns}/{name} */
bool package_patch(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    const char *const ref[2] = { request_param(req, "ns"), request_param(req, "name") };
    struct actor actor = api_actor(req);
    struct package_change change;
    if (!request_json(req, &change_record, &change, err) ||
        !package_change(registry, ref, &change, &actor, err) ||
        !package_answer(registry, req, ref, res, err))
        return false;
    api_drop(res, req, ref[0], ref[1]);
    return true;
}

/* GET /packages/{ns}/{name}/status?installed= */
bool package_status_show(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    const char *const ref[2] = { request_param(req, "ns"), request_param(req, "name") };
    const char *installed = request_query(req, "installed");
    struct package_status status;
    if (!package_status(registry, ref, installed, req->account, req->arena, &status, err))
        return false;
    response_json(res, 200, &package_status_record, &status, req->arena);
    api_keep(res, req, ref[0], ref[1], !req->account);
    return true;
}

/* GET /profiles/{profile}/providers */
bool providers_list(struct registry *registry, const struct request *req, struct response *res,
                    struct error *err)
{
    const char *profile = request_param(req, "profile");
    if (!profile_name_check(profile, err) ||
        !api_document(registry, req,
                      QUERY(provider_list, db_text(profile), db_id(principal_viewer(req->account))),
                      res, err))
        return false;
    api_keep_list(res, req);
    return true;
}
