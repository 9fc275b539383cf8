#include <string.h>

#include "registry/api/api.h"
#include "registry/auth/people.h"

/* GET /accounts */
bool accounts_list(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    return api_document(registry, req, QUERY(account_list), res, err);
}

struct account_body {
    const char *login, *display_name, *password;
    bool is_admin;
};

static const struct field account_fields[] = {
    TEXT(struct account_body, login, REQUIRED),
    TEXT(struct account_body, display_name, OPTIONAL),
    TEXT(struct account_body, password, REQUIRED),
    BOOL(struct account_body, is_admin, OPTIONAL),
};
static const struct record account_body_record =
    RECORD(struct account_body, "account", account_fields);

/* POST /accounts */
bool account_create(struct registry *registry, const struct request *req, struct response *res,
                    struct error *err)
{
    struct account_body body;
    struct account *account;
    if (!request_json(req, &account_body_record, &body, err))
        return false;
    struct account_request request = { body.login,    body.display_name, body.password,
                                       body.is_admin, req->account,      req->client_ip };
    bool made = people_add(registry->db, &request, req->arena, &account, err);
    api_wipe(body.password);
    if (!made)
        return false;
    struct doc *doc = doc_new(req->arena, DOC_TABLE);
    doc_add_text(req->arena, doc, "login", account->login);
    doc_add_text(req->arena, doc, "display_name", account->display_name);
    doc_add_bool(req->arena, doc, "is_admin", account->is_admin);
    return response_doc(res, 201, doc, req->arena);
}

/* GET /audit */
bool audit_list_show(struct registry *registry, const struct request *req, struct response *res,
                     struct error *err)
{
    const char *cursor;
    int64_t limit;
    return api_limit(req, &limit, err) && api_cursor(req, 1, &cursor, err) &&
           api_document(registry, req, QUERY(audit_list, db_integer(limit), db_text(cursor)), res,
                        err);
}
