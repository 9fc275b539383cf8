#include "registry/auth/token_issue.h"

#include <string.h>

#include "lib/base/text.h"
#include "registry/auth/audit.h"
#include "registry/db/db.h"

struct issuing {
    const struct principal *who;
    struct token_request request;
    const char *id, *ip;
    struct arena *arena;
    char *text;
    const char *document;
};

static bool token_insert(struct db *db, void *context, struct error *err)
{
    struct issuing *issuing = context;
    struct doc *detail = doc_new(issuing->arena, DOC_TABLE);
    doc_add_text(issuing->arena, detail, "scopes",
                 scopes_print(issuing->request.scopes, issuing->arena));
    struct audit_event event = { issuing->who->login, "token.add", issuing->request.name, detail,
                                 issuing->ip };
    return principal_hold(db, issuing->who, err) &&
           token_create(db, &issuing->request, issuing->arena, issuing->text, &issuing->document,
                        err) &&
           audit_add(db, &event, err);
}

bool token_issue(struct db *db, const struct principal *who, const struct token_issue *request,
                 struct arena *arena, char text[TOKEN_TEXT], const char **document,
                 struct error *err)
{
    struct issuing issuing = { .who = who, .ip = request->ip, .arena = arena, .text = text };
    issuing.request = (struct token_request){ .account_id = who->account_id,
                                              .name = request->name,
                                              .expires_in_s = request->expires_in_days * 24 * 3600,
                                              .made_with = who->token_id };
    if (!text_is_line(request->name, 1, 100)) {
        error_set(err, INVALID, "a token's name has 1 to 100 printable characters");
        return error_field(err, "name");
    }
    if (request->expires_in_days < 0 || request->expires_in_days > TOKEN_DAYS_MAX) {
        error_set(err, INVALID, "a token lives 1 to %d days", TOKEN_DAYS_MAX);
        return error_field(err, "expires_in_days");
    }
    if (!scopes_of_list(request->scopes, &issuing.request.scopes, err))
        return false;
    if (issuing.request.scopes & ~who->scopes) {
        error_set(err, DENIED, "a token cannot give what it does not have");
        error_hint(err, "sign in to make a token with more scopes");
        return error_field(err, "scopes");
    }
    if (!db_transact(db, DB_READ_COMMITTED, token_insert, &issuing, err))
        return false;
    *document = issuing.document;
    return true;
}

static bool token_update(struct db *db, void *context, struct error *err)
{
    const struct issuing *issuing = context;
    struct audit_event event = { issuing->who->login, "token.revoke", issuing->id, NULL,
                                 issuing->ip };
    uint64_t rows;
    if (!principal_hold(db, issuing->who, err) ||
        !db_execute(db,
                    QUERY(token_revoke, db_integer(issuing->who->account_id), db_text(issuing->id)),
                    &rows, err))
        return false;
    if (rows == 0)
        return error_set(err, NOT_FOUND, "no such token of yours");
    return audit_add(db, &event, err);
}

bool token_revoke(struct db *db, const struct principal *who, const char *id, const char *ip,
                  struct error *err)
{
    struct issuing issuing = { .who = who, .id = id, .ip = ip };
    return db_transact(db, DB_READ_COMMITTED, token_update, &issuing, err);
}
