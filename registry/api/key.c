#include <string.h>

#include "registry/api/api.h"
#include "registry/domain/organisation.h"

/* GET /organisations/{ns}/keys */
bool keys_list(struct registry *registry, const struct request *req, struct response *res,
               struct error *err)
{
    struct organisation *organisation;
    if (!access_organisation(registry->db, request_param(req, "ns"), req->account, ROLE_NONE,
                             req->arena, &organisation, err) ||
        !api_document(registry, req, QUERY(signing_key_list, db_integer(organisation->id)), res,
                      err))
        return false;
    res->freshness = FRESH_CHECKED;
    return true;
}

struct key_body {
    const char *name, *public_key;
};

static const struct field key_fields[] = {
    TEXT(struct key_body, name, REQUIRED),
    TEXT(struct key_body, public_key, REQUIRED),
};
static const struct record key_record = RECORD(struct key_body, "signing key", key_fields);

/* POST /organisations/{ns}/keys */
bool key_create(struct registry *registry, const struct request *req, struct response *res,
                struct error *err)
{
    struct key_body body;
    const char *document;
    struct actor actor = api_actor(req);
    if (!request_json(req, &key_record, &body, err))
        return false;
    struct key_request request = { request_param(req, "ns"), body.name, body.public_key };
    return key_add(registry, &request, &actor, req->arena, &document, err) &&
           response_json_text(res, 201, document, strlen(document));
}

/* DELETE /organisations/{ns}/keys/{key_id} */
bool key_delete(struct registry *registry, const struct request *req, struct response *res,
                struct error *err)
{
    struct actor actor = api_actor(req);
    if (!key_revoke(registry, request_param(req, "ns"), request_param(req, "key_id"), &actor, err))
        return false;
    response_empty(res, 204);
    response_drop(res, "*"); /* every document that names it as a signer */
    return true;
}
