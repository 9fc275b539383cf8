#include "client/remote/account.h"

#include <string.h>

#include "lib/json/json.h"

#define CLIENT_ID "nono"

static const struct field device_fields[] = {
    TEXT(struct device_login, device_code, REQUIRED),
    TEXT(struct device_login, user_code, REQUIRED),
    TEXT(struct device_login, verification_uri, REQUIRED),
    TEXT(struct device_login, verification_uri_complete, OPTIONAL),
    U64(struct device_login, expires_in, REQUIRED),
    U64(struct device_login, interval, OPTIONAL),
};
static const struct record device_record =
    RECORD_OPEN(struct device_login, "device login", device_fields);

static const struct field user_fields[] = {
    TEXT(struct whoami_user, login, REQUIRED),
    TEXT(struct whoami_user, display_name, OPTIONAL),
    BOOL(struct whoami_user, is_admin, OPTIONAL),
};
static const struct record user_record = RECORD_OPEN(struct whoami_user, "user", user_fields);

static const struct field organisation_fields[] = {
    TEXT(struct whoami_organisation, name, REQUIRED),
    TEXT(struct whoami_organisation, role, OPTIONAL),
};
static const struct record organisation_record =
    RECORD_OPEN(struct whoami_organisation, "organisation", organisation_fields);

static const struct field token_fields[] = {
    TEXT(struct whoami_token, name, OPTIONAL),
    TEXT(struct whoami_token, expires_at, OPTIONAL),
    TEXTS(struct whoami_token, scopes, OPTIONAL),
};
static const struct record token_record = RECORD_OPEN(struct whoami_token, "token", token_fields);

static const struct field whoami_fields[] = {
    NESTED(struct whoami, user, struct whoami_user, &user_record, REQUIRED),
    LIST(struct whoami, organisations, &organisation_record, OPTIONAL),
    NESTED(struct whoami, token, struct whoami_token, &token_record, OPTIONAL),
};
const struct record whoami_record = RECORD_OPEN(struct whoami, "account", whoami_fields);

static bool form_post(const struct remote *remote, const char *url, const char *form,
                      struct arena *arena, struct http_response *out, struct error *err)
{
    const struct http_request request = {
        .method = "POST",
        .url = url,
        .accept = "application/json",
        .content_type = "application/x-www-form-urlencoded",
        .body = form,
        .body_len = strlen(form),
    };
    return http_send(remote->http, &request, arena, out, err);
}

bool remote_device_start(const struct remote *remote, const char *scope, struct arena *arena,
                         struct device_login *out, struct error *err)
{
    struct http_response response;
    struct device_login login = { 0 };
    const char *form =
        arena_printf(arena, "client_id=" CLIENT_ID "&scope=%s", url_escape(scope, arena));
    if (!form_post(remote, remote_url(remote, arena, "/auth/device/code"), form, arena, &response,
                   err) ||
        !http_require(&response, err) ||
        !json_decode(response.body, response.body_len, &device_record, arena, &login, err))
        return error_prefix(err, "device login");
    if (login.verification_uri[0] == '/')
        login.verification_uri = arena_printf(arena, "%s%s", remote->base, login.verification_uri);
    const char *complete = login.verification_uri_complete;
    if (complete && complete[0] == '/')
        login.verification_uri_complete = arena_printf(arena, "%s%s", remote->base, complete);
    if (login.interval == 0)
        login.interval = 5; /* RFC 8628, 3.2 */
    *out = login;
    return true;
}

/* The errors of RFC 8628, 3.5 that mean: ask again. */
static bool is_pending(const char *code, bool *out_slower)
{
    *out_slower = code && strcmp(code, "slow_down") == 0;
    return *out_slower || (code && strcmp(code, "authorization_pending") == 0);
}

/* Those that end it; false when it is neither. */
static bool is_refusal(const struct remote *remote, const char *code, struct error *err)
{
    if (code && strcmp(code, "access_denied") == 0) {
        error_set(err, DENIED, "the login was denied in the browser");
        return true;
    }
    if (code && strcmp(code, "expired_token") == 0) {
        error_set(err, GONE, "the code has expired");
        error_hint(err, "nono auth login %s begins again", remote->base);
        return true;
    }
    return false;
}

bool remote_device_poll(const struct remote *remote, const struct device_login *login,
                        struct arena *arena, const char **out_token, bool *out_slower,
                        struct error *err)
{
    struct http_response response;
    struct doc *doc = NULL;
    struct error ignored;
    const char *form =
        arena_printf(arena,
                     "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Adevice_code"
                     "&client_id=" CLIENT_ID "&device_code=%s",
                     url_escape(login->device_code, arena));
    *out_token = NULL;
    *out_slower = false;
    if (!form_post(remote, remote_url(remote, arena, "/auth/device/token"), form, arena, &response,
                   err))
        return false;
    if (!json_parse(response.body, response.body_len, NULL, JSON_PLAIN, arena, &doc, &ignored))
        doc = NULL;
    const char *code = doc_text(doc, "error");
    if (response.status == 429 || is_pending(code, out_slower)) {
        *out_slower = *out_slower || response.status == 429;
        return true;
    }
    if (is_refusal(remote, code, err) || !http_require(&response, err))
        return false;
    *out_token = doc_text(doc, "access_token");
    return *out_token || error_set(err, INVALID, "the registry's answer has no access_token");
}

bool remote_whoami(const struct remote *remote, struct arena *arena, struct whoami *out,
                   struct error *err)
{
    return remote_read(remote, remote_url(remote, arena, "/auth/whoami"), &whoami_record, arena,
                       out, err);
}

bool remote_logout(const struct remote *remote, struct arena *arena, struct error *err)
{
    struct doc *answer;
    return remote_call(remote, "POST", remote_url(remote, arena, "/auth/logout"), NULL, arena,
                       &answer, err);
}
