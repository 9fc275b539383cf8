#include "registry/domain/organisation.h"

#include <string.h>

#include "registry/api/api.h"

/* GET /organisations/{ns} */
bool organisation_show(struct registry *registry, const struct request *req, struct response *res,
                       struct error *err)
{
    const char *name = request_param(req, "ns");
    int64_t viewer = principal_viewer(req->account);
    if (!api_document(registry, req, QUERY(organisation_document, db_text(name), db_id(viewer)),
                      res, err))
        return err->kind == ERROR_NOT_FOUND
                   ? error_set(err, NOT_FOUND, "no organisation is called %s", name)
                   : false;
    res->freshness = viewer ? FRESH_PRIVATE : FRESH_CHECKED;
    return true;
}

static const struct field organisation_fields[] = {
    TEXT(struct organisation_request, name, REQUIRED),
    TEXT(struct organisation_request, display_name, OPTIONAL),
};
static const struct record organisation_body =
    RECORD(struct organisation_request, "organisation", organisation_fields);

/* POST /organisations */
bool organisation_create(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    struct organisation_request body;
    struct actor actor = api_actor(req);
    if (!request_json(req, &organisation_body, &body, err) ||
        !organisation_make(registry, &body, &actor, err) ||
        !api_document(
            registry, req,
            QUERY(organisation_document, db_text(body.name), db_id(actor.who->account_id)), res,
            err))
        return false;
    res->status = 201;
    return true;
}

/* GET /organisations/{ns}/packages */
bool organisation_packages(struct registry *registry, const struct request *req,
                           struct response *res, struct error *err)
{
    struct organisation *organisation;
    const char *cursor;
    int64_t limit;
    if (!api_limit(req, &limit, err) || !api_cursor(req, 3, &cursor, err) ||
        !access_organisation(registry->db, request_param(req, "ns"), req->account, ROLE_NONE,
                             req->arena, &organisation, err) ||
        !api_document(registry, req,
                      QUERY(package_search, db_text(""), db_id(principal_viewer(req->account)),
                            db_integer(limit), db_text(cursor), db_text(organisation->name)),
                      res, err))
        return false;
    api_keep_list(res, req);
    return true;
}
