#include <string.h>

#include "lib/base/random.h"
#include "lib/json/json.h"
#include "registry/api/api.h"
#include "registry/auth/token_issue.h"

/* GET /auth/tokens */
bool tokens_list(struct registry *registry, const struct request *req, struct response *res,
                 struct error *err)
{
    return api_document(registry, req, QUERY(token_list, db_integer(req->account->account_id)), res,
                        err);
}

struct token_body {
    const char *name;
    struct list scopes;
    int64_t expires_in_days;
};

static const struct field token_fields[] = {
    TEXT(struct token_body, name, REQUIRED),
    TEXTS(struct token_body, scopes, REQUIRED),
    I64(struct token_body, expires_in_days, OPTIONAL),
};
static const struct record token_record = RECORD(struct token_body, "token", token_fields);

/* POST /auth/tokens */
bool token_make_new(struct registry *registry, const struct request *req, struct response *res,
                    struct error *err)
{
    char text[TOKEN_TEXT];
    const char *document;
    struct doc *doc;
    struct token_body body = { .expires_in_days = 0 };
    if (!request_json(req, &token_record, &body, err))
        return false;
    struct token_issue request = { body.name, &body.scopes, body.expires_in_days, req->client_ip };
    if (!token_issue(registry->db, req->account, &request, req->arena, text, &document, err) ||
        !json_parse(document, strlen(document), NULL, JSON_PLAIN, req->arena, &doc, err))
        return false;
    doc_add_text(req->arena, doc, "token", arena_strndup(req->arena, text, TOKEN_TEXT - 1));
    secret_wipe(text, sizeof(text));
    return response_doc(res, 201, doc, req->arena);
}

/* DELETE /auth/tokens/{id} */
bool token_delete(struct registry *registry, const struct request *req, struct response *res,
                  struct error *err)
{
    return token_revoke(registry->db, req->account, request_param(req, "id"), req->client_ip,
                        err) &&
           response_empty(res, 204);
}
