#include "registry/auth/device.h"

#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "registry/api/api.h"

#define GRANT_TYPE     "urn:ietf:params:oauth:grant-type:device_code"
#define SCOPES_DEFAULT "read publish yank"
#define CLIENT_MAX     64

/* RFC 6749 section 5.2: what programs that speak OAuth expect of a failure. */
static bool oauth_error(struct response *res, const struct request *req, const char *code,
                        const char *description)
{
    struct doc *doc = doc_new(req->arena, DOC_TABLE);
    doc_add_text(req->arena, doc, "error", code);
    doc_add_text(req->arena, doc, "error_description", description);
    return response_doc(res, 400, doc, req->arena);
}

/* POST /auth/device/code */
bool device_code_make(struct registry *registry, const struct request *req, struct response *res,
                      struct error *err)
{
    const char *client, *scope;
    struct device_codes codes;
    if (!request_form(req, "client_id", &client, err) || !request_form(req, "scope", &scope, err))
        return false;
    if (!client || !text_is_line(client, 1, CLIENT_MAX))
        return oauth_error(res, req, "invalid_request",
                           "client_id: expected 1 to 64 printable characters");
    struct device_request request = { .client = client, .ip = req->client_ip };
    if (!scopes_parse(scope && *scope ? scope : SCOPES_DEFAULT, &request.scopes, err))
        return oauth_error(res, req, "invalid_scope", arena_printf(req->arena, "%s", err->message));
    if (!device_start(registry->db, &request, req->arena, &codes, err))
        return false;

    const char *base = registry->settings->base_url;
    struct arena *arena = req->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "device_code",
                 arena_strndup(arena, codes.device_code, DEVICE_CODE_TEXT - 1));
    doc_add_text(arena, doc, "user_code",
                 arena_strndup(arena, codes.user_code, DEVICE_USER_TEXT - 1));
    doc_add_text(arena, doc, "verification_uri", arena_printf(arena, "%s/device", base));
    doc_add_text(arena, doc, "verification_uri_complete",
                 arena_printf(arena, "%s/device?code=%s", base, codes.user_code));
    doc_add_integer(arena, doc, "expires_in", DEVICE_LIFE_S);
    doc_add_integer(arena, doc, "interval", DEVICE_INTERVAL_S);
    secret_wipe(&codes, sizeof(codes));
    return response_doc(res, 200, doc, arena);
}

static bool grant_answer(struct response *res, const struct request *req,
                         struct device_grant *grant)
{
    struct arena *arena = req->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "access_token", arena_strndup(arena, grant->token, TOKEN_TEXT - 1));
    doc_add_text(arena, doc, "token_type", "Bearer");
    doc_add_text(arena, doc, "scope", grant->scopes);
    doc_add_integer(arena, doc, "expires_in", DEVICE_TOKEN_LIFE_S);
    secret_wipe(grant->token, sizeof(grant->token));
    return response_doc(res, 200, doc, arena);
}

/* POST /auth/device/token */
bool device_token_poll(struct registry *registry, const struct request *req, struct response *res,
                       struct error *err)
{
    const char *grant_type, *device_code;
    struct device_grant grant;
    if (!request_form(req, "grant_type", &grant_type, err) ||
        !request_form(req, "device_code", &device_code, err))
        return false;
    if (!grant_type || strcmp(grant_type, GRANT_TYPE) != 0)
        return oauth_error(res, req, grant_type ? "unsupported_grant_type" : "invalid_request",
                           "grant_type: expected " GRANT_TYPE);
    if (!device_code || strlen(device_code) != DEVICE_CODE_TEXT - 1)
        return oauth_error(res, req, "invalid_request", "device_code: missing or malformed");
    if (!device_poll(registry->db, device_code, req->client_ip, req->arena, &grant, err))
        return false;

    switch (grant.state) {
    case DEVICE_PENDING:
        return oauth_error(res, req, "authorization_pending", "nobody has decided yet");
    case DEVICE_EARLY:
        return oauth_error(res, req, "slow_down", "wait five seconds longer from now on");
    case DEVICE_DENIED:
        return oauth_error(res, req, "access_denied", "the request was denied");
    case DEVICE_EXPIRED:
        return oauth_error(res, req, "expired_token", "the code has expired or was used");
    case DEVICE_APPROVED:
        return grant_answer(res, req, &grant);
    }
    __builtin_unreachable();
}

/* GET /auth/device/{user_code} */
bool device_request_show(struct registry *registry, const struct request *req, struct response *res,
                         struct error *err)
{
    const char *document;
    return device_show(registry->db, req->account, request_param(req, "user_code"), req->arena,
                       &document, err) &&
           response_json_text(res, 200, document, strlen(document));
}

struct decision_body {
    int decision;
};

static const char *const decision_names[] = { "approve", "deny", NULL };
static const struct field decision_fields[] = {
    ENUM(struct decision_body, decision, decision_names, REQUIRED),
};
static const struct record decision_record =
    RECORD(struct decision_body, "decision", decision_fields);

/* POST /auth/device/{user_code} */
bool device_request_decide(struct registry *registry, const struct request *req,
                           struct response *res, struct error *err)
{
    struct decision_body body;
    if (!request_json(req, &decision_record, &body, err))
        return false;
    struct device_decision decision = { request_param(req, "user_code"), body.decision == 0,
                                        req->client_ip };
    return device_decide(registry->db, req->account, &decision, req->arena, err) &&
           response_empty(res, 204);
}
