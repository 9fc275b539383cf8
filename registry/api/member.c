#include "registry/api/api.h"
#include "registry/domain/organisation.h"

static bool organisation_read(struct registry *registry, const struct request *req,
                              struct organisation **out, struct error *err)
{
    return access_organisation(registry->db, request_param(req, "ns"), req->account, ROLE_READER,
                               req->arena, out, err);
}

/* GET /organisations/{ns}/members */
bool members_list(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    struct organisation *organisation;
    return organisation_read(registry, req, &organisation, err) &&
           api_document(registry, req, QUERY(membership_list, db_integer(organisation->id)), res,
                        err);
}

static bool member_answer(struct registry *registry, const struct request *req,
                          const struct organisation *organisation, struct response *res,
                          struct error *err)
{
    const char *login = request_param(req, "login");
    if (api_document(registry, req,
                     QUERY(membership_document, db_integer(organisation->id), db_text(login)), res,
                     err))
        return true;
    return err->kind == ERROR_NOT_FOUND
               ? error_set(err, NOT_FOUND, "%s is no member of %s", login, organisation->name)
               : false;
}

/* GET /organisations/{ns}/members/{login} */
bool member_show(struct registry *registry, const struct request *req, struct response *res,
                 struct error *err)
{
    struct organisation *organisation;
    return organisation_read(registry, req, &organisation, err) &&
           member_answer(registry, req, organisation, res, err);
}

struct member_body {
    int role;
};

static const char *const role_choices[] = { "reader", "publisher", "maintainer", "owner", NULL };
static const struct field member_fields[] = {
    ENUM(struct member_body, role, role_choices, REQUIRED),
};
static const struct record member_record = RECORD(struct member_body, "membership", member_fields);

/* PUT /organisations/{ns}/members/{login} */
bool member_put(struct registry *registry, const struct request *req, struct response *res,
                struct error *err)
{
    struct member_body body;
    struct organisation *organisation;
    struct actor actor = api_actor(req);
    if (!request_json(req, &member_record, &body, err))
        return false;
    struct member_request request = { request_param(req, "ns"), request_param(req, "login"),
                                      (enum role)(body.role + ROLE_READER) };
    return member_set(registry, &request, &actor, err) &&
           access_organisation(registry->db, request.organisation, req->account, ROLE_NONE,
                               req->arena, &organisation, err) &&
           member_answer(registry, req, organisation, res, err);
}

/* DELETE /organisations/{ns}/members/{login} */
bool member_delete(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    struct actor actor = api_actor(req);
    struct member_request request = { request_param(req, "ns"), request_param(req, "login"),
                                      ROLE_NONE };
    return member_set(registry, &request, &actor, err) && response_empty(res, 204);
}
