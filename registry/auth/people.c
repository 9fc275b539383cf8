#include "registry/auth/people.h"

#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "registry/auth/audit.h"
#include "registry/auth/limit.h"
#include "registry/auth/password.h"
#include "registry/db/db.h"

/*
 * Failed sign-ins. The tight limit is of a login from one address, so that nobody locks out someone
 * who is elsewhere; an address has more room, since many people may sit behind one, and a login as
 * a whole the most, which many addresses together meet.
 */
static const struct limit limit_here = { "sign-in", 10, QUARTER_S };
static const struct limit limit_from = { "sign-in from", 100, QUARTER_S };
static const struct limit limit_login = { "sign-in as", 500, QUARTER_S };

static bool field_fault(struct error *err, const char *field, const char *text)
{
    error_set(err, INVALID, "%s", text);
    return error_field(err, "%s", field);
}

static bool login_check(const char *login, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = strlen(login);
    if (len == 0 || len > 64 || strspn(login, letters) == 0 || !strchr(letters, login[len - 1]))
        return field_fault(
            err, "login",
            "a login has 1 to 64 characters and begins and ends with a letter or digit");
    for (const char *at = login; *at; at++)
        if (!strchr(letters, *at) && !strchr("._-", *at))
            return field_fault(err, "login", "a login holds letters, digits, '.', '_' and '-'");
    return true;
}

struct adding {
    const struct account_request *request;
    const char *hash;
    struct arena *arena;
    struct account *account;
    bool only_first; /* nothing is done when there is an account */
};

static bool account_insert(struct db *db, void *context, struct error *err)
{
    struct adding *adding = context;
    const struct account_request *request = adding->request;
    adding->account = NULL;
    if (adding->only_first) {
        const char *found;
        if (!db_execute(db, QUERY(account_first), NULL, err) ||
            !db_fetch_json(db, QUERY(account_any), adding->arena, &found, NULL, err))
            return false;
        if (found && strcmp(found, "t") == 0)
            return true;
    }
    if (request->by && !principal_hold(db, request->by, err))
        return false;
    const char *name = request->display_name ? request->display_name : request->login;
    if (!db_fetch(db,
                  QUERY(account_add, db_text(request->login), db_text(name), db_text(adding->hash),
                        db_bool(request->is_admin)),
                  &account_record, adding->arena, (void **)&adding->account, err)) {
        if (err->kind == ERROR_CONFLICT) {
            error_set(err, CONFLICT, "the login \"%s\" is taken", request->login);
            error_field(err, "login");
        }
        return false;
    }
    struct audit_event event = { request->by ? request->by->login : NULL, "account.add",
                                 request->login, NULL, request->ip };
    return audit_add(db, &event, err);
}

bool people_add(struct db *db, const struct account_request *request, struct arena *arena,
                struct account **out, struct error *err)
{
    char hash[PASSWORD_HASH_MAX];
    if (!login_check(request->login, err))
        return false;
    const char *name = request->display_name;
    if (name && !text_is_line(name, 1, 100))
        return field_fault(err, "display_name", "a display name has 1 to 100 printable characters");
    if (!password_check(request->password, request->login, err) ||
        !password_hash(request->password, hash, err))
        return false;

    struct adding adding = { .request = request, .hash = hash, .arena = arena };
    if (!db_transact(db, DB_READ_COMMITTED, account_insert, &adding, err))
        return false;
    *out = adding.account;
    return true;
}

bool people_bootstrap(struct db *db, struct arena *arena, char **out_password, struct error *err)
{
    char hash[PASSWORD_HASH_MAX], *password = arena_alloc(arena, 25, 1);
    const char *found;
    if (!db_fetch_json(db, QUERY(account_any), arena, &found, NULL, err))
        return false;
    *out_password = NULL;
    if (found && strcmp(found, "t") == 0)
        return true; /* as on every start but the first: without the cost of a hash */
    random_hex(password, 24);
    if (!password_hash(password, hash, err))
        return false;

    struct account_request request = { .login = PEOPLE_FIRST_LOGIN,
                                       .display_name = "Administrator",
                                       .is_admin = true };
    struct adding adding = {
        .request = &request, .hash = hash, .arena = arena, .only_first = true
    };
    if (!db_transact(db, DB_READ_COMMITTED, account_insert, &adding, err))
        return false;
    *out_password = adding.account ? password : NULL;
    return true;
}

struct password_changing {
    const struct password_change *change;
    const char *hash;
    struct password_changed *out;
    struct arena *arena;
};

/*
 * Of two who change the same password at once, one has proved a password that is none any more.
 * What is done as the account meanwhile (principal_hold) waits, or is waited for: it comes first.
 */
static bool password_set(struct db *db, const struct password_changing *changing, struct error *err)
{
    const struct password_change *change = changing->change;
    const char *old = change->keep_session ? change->account->password_hash : NULL;
    uint64_t rows;
    if (!db_execute(db,
                    QUERY(account_set_password, db_integer(change->account->id),
                          db_text(changing->hash), db_text(old)),
                    &rows, err))
        return false;
    return rows == 1 || error_set(err, UNAUTHORIZED, "the password was changed just now");
}

/* What the old password opened: sessions, approvals that wait for their device, and tokens if they
 * are to go too. */
static bool password_clear(struct db *db, const struct password_changing *changing,
                           struct error *err)
{
    const struct password_change *change = changing->change;
    struct password_changed *out = changing->out;
    struct db_value id = db_integer(change->account->id);
    *out = (struct password_changed){ 0 };
    return db_execute(db, QUERY(session_delete_others, id, db_integer(change->keep_session)),
                      &out->sessions_ended, err) &&
           db_execute(db, QUERY(device_withdraw, id), &out->devices_denied, err) &&
           (!change->revoke_tokens ||
            db_execute(db, QUERY(token_revoke_all, id), &out->tokens_revoked, err)) &&
           db_fetch_integer(db, QUERY(token_count, id), 0, &out->tokens_left, err);
}

static bool password_replace(struct db *db, void *context, struct error *err)
{
    const struct password_changing *changing = context;
    const struct password_change *change = changing->change;
    const char *login = change->account->login;
    if (!password_set(db, changing, err) || !password_clear(db, changing, err))
        return false;
    struct doc *detail = doc_new(changing->arena, DOC_TABLE);
    if (change->revoke_tokens)
        doc_add_integer(changing->arena, detail, "tokens_revoked",
                        (int64_t)changing->out->tokens_revoked);
    struct audit_event event = { change->keep_session ? login : NULL, "account.password", login,
                                 detail, change->ip };
    return audit_add(db, &event, err);
}

bool people_set_password(struct db *db, const struct password_change *change,
                         struct password_changed *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char hash[PASSWORD_HASH_MAX];
    if (!password_check(change->password, change->account->login, err) ||
        !password_hash(change->password, hash, err))
        return false;
    struct password_changing changing = { change, hash, out, arena };
    return db_transact(db, DB_READ_COMMITTED, password_replace, &changing, err);
}

struct changing {
    const struct account *account;
    bool disabled;
};

/* Who is let in again has to sign in again. Tokens stay: what they are for goes on. */
static bool doors_close(struct db *db, const struct account *account, struct error *err)
{
    struct db_value id = db_integer(account->id);
    return db_execute(db, QUERY(session_delete_others, id, db_integer(0)), NULL, err) &&
           db_execute(db, QUERY(device_withdraw, id), NULL, err);
}

static bool disabled_set(struct db *db, void *context, struct error *err)
{
    const struct changing *changing = context;
    struct audit_event event = { NULL, changing->disabled ? "account.disable" : "account.enable",
                                 changing->account->login, NULL, NULL };
    return db_execute(db,
                      QUERY(account_set_disabled, db_integer(changing->account->id),
                            db_bool(changing->disabled)),
                      NULL, err) &&
           (!changing->disabled || doors_close(db, changing->account, err)) &&
           audit_add(db, &event, err);
}

bool people_set_disabled(struct db *db, const struct account *account, bool disabled,
                         struct error *err)
{
    struct changing changing = { account, disabled };
    return db_transact(db, DB_READ_COMMITTED, disabled_set, &changing, err);
}

/* What no login can be is the login of nobody, and nothing to ask PostgreSQL for. */
static bool login_find(struct db *db, const char *login, struct arena *arena, struct account **out,
                       struct error *err)
{
    struct error ignored;
    *out = NULL;
    return !login_check(login, &ignored) || account_find(db, login, arena, out, err);
}

/*
 * A login as attempts are counted under it: as the database tells logins apart (name_key), so that
 * another spelling does not begin anew. The same for a login that nobody has, or the count would
 * tell whether somebody does.
 */
static const char *login_key(const char *login, struct arena *arena)
{
    char *key = arena_strndup(arena, login, strlen(login));
    if (!text_is_printable(login))
        return "?";
    for (char *at = key; *at; at++)
        *at = (char)(strchr("_.", *at) ? '-' : *at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
    return key;
}

/* Counted before the work, so that many at once are not many more than the limit. */
struct attempt {
    char from[LIMIT_ADDRESS_TEXT];
    const char *who, *here;
};

static bool attempt_take(struct db *db, const struct attempt *attempt, struct error *err)
{
    return limit_take(db, &limit_from, attempt->from, NULL, err) &&
           limit_take(db, &limit_here, attempt->here, NULL, err) &&
           limit_take(db, &limit_login, attempt->who, NULL, err);
}

static bool attempt_return(struct db *db, const struct attempt *attempt, struct error *err)
{
    return limit_forget(db, &limit_here, attempt->here, err) &&
           limit_return(db, &limit_from, attempt->from, err) &&
           limit_return(db, &limit_login, attempt->who, err);
}

bool people_sign_in(struct db *db, const struct sign_in *request, struct arena *arena,
                    struct account **out, struct error *err)
{
    struct account *account;
    struct attempt attempt;
    if (!login_find(db, request->login, arena, &account, err))
        return false;

    attempt.who = login_key(request->login, arena);
    limit_address(request->ip, attempt.from);
    attempt.here = arena_printf(arena, "%s %s", attempt.from, attempt.who);
    if (!attempt_take(db, &attempt, err))
        return false;

    bool matches = password_verify(account ? account->password_hash : NULL, request->password);
    if (!account || !matches || account->disabled) {
        error_set(err, UNAUTHORIZED, "login or password is wrong");
        return error_hint(err, "an administrator can set a new password");
    }
    if (!attempt_return(db, &attempt, err))
        return false;
    *out = account;
    return true;
}
