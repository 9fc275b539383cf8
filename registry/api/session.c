#include "registry/auth/session.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "registry/api/api.h"
#include "registry/auth/people.h"
#include "registry/auth/token_issue.h"

struct login_body {
    const char *login, *password;
};

static const struct field login_fields[] = {
    TEXT(struct login_body, login, REQUIRED),
    TEXT(struct login_body, password, REQUIRED),
};
static const struct record login_record = RECORD(struct login_body, "sign-in", login_fields);

/* It goes over https alone where people come by https, whether or not the proxy says so. */
static bool cookie_is_secure(const struct registry *registry, const struct request *req)
{
    const char *base = registry->settings->base_url;
    return req->secure || (base && text_starts(base, "https://"));
}

static void cookie_set(const struct registry *registry, const struct request *req,
                       const char *value, int seconds, struct response *res)
{
    response_header(
        res, "Set-Cookie",
        arena_printf(req->arena, SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s",
                     value, seconds, cookie_is_secure(registry, req) ? "; Secure" : ""));
}

/* POST /auth/login */
bool session_login(struct registry *registry, const struct request *req, struct response *res,
                   struct error *err)
{
    struct login_body body;
    struct account *account;
    struct session session;
    if (!request_json(req, &login_record, &body, err))
        return false;
    struct sign_in request = { body.login, body.password, req->client_ip };
    bool known = people_sign_in(registry->db, &request, req->arena, &account, err);
    api_wipe(body.password);
    if (!known || !session_start(registry->db, account, req->client_ip, &session, err))
        return false;

    struct doc *doc = doc_new(req->arena, DOC_TABLE);
    struct doc *user = doc_add_table(req->arena, doc, "user");
    doc_add_text(req->arena, user, "login", account->login);
    doc_add_text(req->arena, user, "display_name", account->display_name);
    doc_add_bool(req->arena, user, "is_admin", account->is_admin);
    doc_add_text(req->arena, doc, "csrf", arena_strndup(req->arena, session.csrf, SESSION_TEXT));
    response_doc(res, 200, doc, req->arena);
    cookie_set(registry, req, session.cookie, SESSION_LIFE_S, res);
    secret_wipe(&session, sizeof(session));
    return true;
}

/* POST /auth/logout: ends the session, or revokes the token that it comes with. */
bool session_logout(struct registry *registry, const struct request *req, struct response *res,
                    struct error *err)
{
    const struct principal *who = req->account;
    if (!who->session_id)
        return token_revoke(registry->db, who, who->token_id, req->client_ip, err) &&
               response_empty(res, 204);
    if (!session_end(registry->db, who->session_id, err))
        return false;
    response_empty(res, 204);
    cookie_set(registry, req, "", 0, res);
    return true;
}

static void token_describe(const struct principal *who, struct doc *doc, struct arena *arena)
{
    struct doc *token = doc_add_table(arena, doc, "token");
    doc_add_text(arena, token, "id", who->token_id);
    doc_add_text(arena, token, "name", who->token_name);
    struct doc *scopes = doc_add_list(arena, token, "scopes");
    for (const char *at = who->token_scopes; *at;) {
        size_t len = strcspn(at, " ");
        doc_add_text(arena, scopes, NULL, arena_strndup(arena, at, len));
        at += len + (at[len] == ' ');
    }
    if (who->token_expires_at)
        doc_add_text(arena, token, "expires_at", who->token_expires_at);
    else
        doc_add_null(arena, token, "expires_at");
}

/* GET /auth/whoami */
bool session_whoami(struct registry *registry, const struct request *req, struct response *res,
                    struct error *err)
{
    const struct principal *who = req->account;
    const char *text;
    size_t len;
    struct doc *doc;
    if (!db_fetch_json(registry->db, QUERY(account_document, db_integer(who->account_id)),
                       req->arena, &text, &len, err))
        return false;
    if (!text)
        return error_set(err, UNAUTHORIZED, "the account is gone");
    if (!json_parse(text, len, NULL, JSON_PLAIN, req->arena, &doc, err))
        return false;
    if (who->session_id)
        doc_add_text(req->arena, doc, "csrf", who->csrf);
    else
        token_describe(who, doc, req->arena);
    return response_doc(res, 200, doc, req->arena);
}

struct password_body {
    const char *current, *new;
    bool revoke_tokens;
};

static const struct field password_fields[] = {
    TEXT(struct password_body, current, REQUIRED),
    TEXT(struct password_body, new, REQUIRED),
    BOOL(struct password_body, revoke_tokens, OPTIONAL),
};
static const struct record password_record =
    RECORD(struct password_body, "password change", password_fields);

/* Tokens are made for programs that nobody wants to sign in anew, so they stay: that is said. */
static bool password_answer(const struct request *req, const struct password_changed *changed,
                            struct response *res)
{
    struct arena *arena = req->arena;
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, doc, "sessions_ended", (int64_t)changed->sessions_ended);
    doc_add_integer(arena, doc, "devices_denied", (int64_t)changed->devices_denied);
    doc_add_integer(arena, doc, "tokens_revoked", (int64_t)changed->tokens_revoked);
    doc_add_integer(arena, doc, "tokens_left", changed->tokens_left);
    if (changed->tokens_left)
        doc_add_text(arena, doc, "hint",
                     "tokens do not end with a password: revoke each with DELETE "
                     "/api/v1/auth/tokens/{id}, or all with \"revoke_tokens\": true here");
    return response_doc(res, 200, doc, arena);
}

static bool password_change(struct registry *registry, const struct request *req,
                            const struct password_body *body, struct password_changed *out,
                            struct error *err)
{
    const struct principal *who = req->account;
    struct account *account;
    struct sign_in request = { who->login, body->current, req->client_ip };
    if (!people_sign_in(registry->db, &request, req->arena, &account, err)) {
        if (err->kind != ERROR_UNAUTHORIZED)
            return false;
        error_set(err, DENIED, "the current password is wrong");
        return error_field(err, "current");
    }
    struct password_change change = { .account = account,
                                      .password = body->new,
                                      .keep_session = who->session_id,
                                      .revoke_tokens = body->revoke_tokens,
                                      .ip = req->client_ip };
    bool done = people_set_password(registry->db, &change, out, err);
    return done || strcmp(err->field, "password") != 0 ? done : error_field(err, "new");
}

/* POST /auth/password */
bool session_password(struct registry *registry, const struct request *req, struct response *res,
                      struct error *err)
{
    struct password_body body = { .revoke_tokens = false };
    struct password_changed changed;
    if (!request_json(req, &password_record, &body, err))
        return false;
    bool done = password_change(registry, req, &body, &changed, err);
    api_wipe(body.current);
    api_wipe(body.new);
    return done && password_answer(req, &changed, res);
}
