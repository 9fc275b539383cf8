#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/random.h"
#include "registry/api/api.h"
#include "registry/auth/session.h"
#include "registry/auth/token.h"
#include "registry/domain/access.h"
#include "registry/http/upload.h"

static const char *bearer_of(const struct request *req)
{
    const char *header = request_header(req, "Authorization");
    if (!header || strncasecmp(header, "Bearer", 6) != 0 || (header[6] != ' ' && header[6]))
        return header ? "" : NULL; /* another scheme is a credential that proves nothing */
    header += 6;
    return header + strspn(header, " ");
}

static bool changes_nothing(enum method method)
{
    return method == GET || method == HEAD;
}

/* Other sites can make a browser send the cookie, but neither read nor send this header. */
static bool csrf_check(const struct request *req, const struct principal *who, struct error *err)
{
    const char *sent = request_header(req, "X-Nono-CSRF");
    if (sent && strlen(sent) == strlen(who->csrf) && secret_equal(sent, who->csrf, strlen(sent)))
        return true;
    error_set(err, DENIED, "the header X-Nono-CSRF is missing or not this session's");
    return error_hint(err, "send the csrf value that sign-in and whoami answer with");
}

/* Browsers say what a page made them ask, and no page can change it; programs say nothing. It is
 * looked at before anybody's limits are. */
static bool fetch_check(const struct request *req, struct error *err)
{
    const char *site = request_header(req, "Sec-Fetch-Site");
    const char *dest = request_header(req, "Sec-Fetch-Dest");
    if ((req->route->flags & ROUTE_SAME_SITE) && site && strcasecmp(site, "cross-site") == 0)
        return error_set(err, DENIED, "another site's page asks this");
    if ((req->route->flags & ROUTE_ASKED) && dest && strcasecmp(dest, "empty") != 0) {
        error_set(err, DENIED,
                  "this is for scripts and programs: an image, a frame or a link asks");
        return error_hint(err, "the page /device shows and decides device logins");
    }
    return true;
}

/* What begins a sign-in asks for no credential, and is not stopped by one that has run out. */
static bool begins_sign_in(const struct request *req)
{
    return req->route->access == ACCESS_ANYONE && !changes_nothing(req->method);
}

static bool principal_find(struct registry *registry, struct request *req, struct error *err)
{
    if (begins_sign_in(req))
        return true;
    const char *bearer = bearer_of(req), *cookie;
    if (bearer) {
        if (!token_find(registry->db, bearer, req->arena, &req->account, err))
            return false;
        if (req->account)
            return true;
        error_set(err, UNAUTHORIZED, "the token is unknown, expired or revoked");
        return error_hint(err, "nono auth login makes a new one");
    }
    cookie = request_cookie(req, SESSION_COOKIE);
    return !cookie || session_find(registry->db, cookie, req->arena, &req->account, err);
}

static bool route_lets_in(const struct request *req, struct error *err)
{
    const struct route *route = req->route;
    const struct principal *who = req->account;
    if (route->access == ACCESS_ANYONE)
        return true;
    if (!who) {
        error_set(err, UNAUTHORIZED, "this needs someone who is signed in");
        return error_hint(err, "sign in, or send a token: nono auth login");
    }
    if (route->access == ACCESS_SESSION && !who->session_id)
        return error_set(err, DENIED, "this is for the web pages: no token can do it");
    if (route->scope && !(who->scopes & scope_find(route->scope))) {
        error_set(err, DENIED, "the token lacks the scope %s", route->scope);
        return error_hint(err, "make a token that has it");
    }
    if (route->access == ACCESS_ADMIN && !who->is_admin)
        return error_set(err, DENIED, "this is for administrators");
    if (who->session_id && !changes_nothing(req->method))
        return csrf_check(req, who, err);
    return true;
}

/* What is small waits in memory, and for the handler, which asks the same. */
static bool is_large(const struct request *req)
{
    const char *length = request_header(req, "Content-Length");
    return !length || strlen(length) > 18 || strtoull(length, NULL, 10) > UPLOAD_MEMORY_MAX;
}

/* Before a stranger's bytes fill the disk that the packs are on. */
static bool body_may_come(struct registry *registry, const struct request *req, struct error *err)
{
    struct organisation *ignored;
    return !(req->route->flags & ROUTE_PUBLISHES) || !is_large(req) ||
           access_organisation(registry->db, request_param(req, "ns"), req->account, ROLE_PUBLISHER,
                               req->arena, &ignored, err);
}

bool api_authorize(struct registry *registry, struct request *req, struct error *err)
{
    if (!fetch_check(req, err) || !principal_find(registry, req, err))
        return false;
    req->account_id = req->account ? req->account->account_id : 0;
    return route_lets_in(req, err) && body_may_come(registry, req, err);
}
