#include "registry/auth/device.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/random.h"
#include "registry/auth/audit.h"
#include "registry/auth/limit.h"
#include "registry/db/db.h"

/* No vowels, so no words; nothing that is mistaken for something else (RFC 8628 section 6.1). */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
#define USER_LETTERS 8

static const struct limit limit_start = { "device login from", 60, QUARTER_S };
static const struct limit limit_poll = { "device poll from", 2000, QUARTER_S };
static const struct limit limit_guess = { "device code", 20, QUARTER_S };

static void user_code_make(char out[DEVICE_USER_TEXT])
{
    size_t place = 0;
    for (size_t i = 0; i < USER_LETTERS;) {
        unsigned char byte;
        random_bytes(&byte, 1);
        if (byte >= 240) /* a multiple of 20: no letter comes more often */
            continue;
        if (i == USER_LETTERS / 2)
            out[place++] = '-';
        out[place++] = letters[byte % 20];
        i++;
    }
    out[place] = '\0';
}

/* As people type it: any case, dash or blanks anywhere. */
static bool user_code_read(const char *text, char out[DEVICE_USER_TEXT])
{
    size_t place = 0, count = 0;
    for (; *text; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        char letter = (char)toupper((unsigned char)*text);
        if (!strchr(letters, letter) || count == USER_LETTERS)
            return false;
        if (count++ == USER_LETTERS / 2)
            out[place++] = '-';
        out[place++] = letter;
    }
    out[place] = '\0';
    return count == USER_LETTERS;
}

bool device_start(struct db *db, const struct device_request *request, struct arena *arena,
                  struct device_codes *out, struct error *err)
{
    char from[LIMIT_ADDRESS_TEXT];
    limit_address(request->ip, from);
    if (!limit_take(db, &limit_start, from, NULL, err))
        return false;

    char digest[SHA256_TEXT];
    const char *scopes = scopes_print(request->scopes, arena), *stored = NULL;
    random_hex(out->device_code, DEVICE_CODE_TEXT - 1);
    sha256_hex(out->device_code, DEVICE_CODE_TEXT - 1, digest);
    for (int tries = 0; !stored && tries < 10; tries++) { /* another grant may have the code */
        user_code_make(out->user_code);
        if (!db_fetch_json(db,
                           QUERY(device_add, db_text(digest), db_text(out->user_code),
                                 db_text(request->client), db_text(scopes), db_text(request->ip),
                                 db_integer(DEVICE_INTERVAL_S), db_integer(DEVICE_LIFE_S)),
                           arena, &stored, NULL, err))
            return false;
    }
    return stored || error_set(err, UNAVAILABLE, "too many device logins are waiting");
}

struct redeemed {
    int64_t account_id;
    const char *login, *client, *scopes;
};

static const struct field redeemed_fields[] = {
    I64(struct redeemed, account_id, REQUIRED),
    TEXT(struct redeemed, login, REQUIRED),
    TEXT(struct redeemed, client, REQUIRED),
    TEXT(struct redeemed, scopes, REQUIRED),
};
static const struct record redeemed_record = RECORD(struct redeemed, "device", redeemed_fields);

struct redeeming {
    const char *digest, *ip;
    struct arena *arena;
    struct device_grant *out;
};

static bool grant_redeem(struct db *db, void *context, struct error *err)
{
    struct redeeming *redeeming = context;
    struct device_grant *out = redeeming->out;
    struct redeemed *redeemed;
    const char *document;
    if (!db_fetch(db, QUERY(device_redeem, db_text(redeeming->digest)), &redeemed_record,
                  redeeming->arena, (void **)&redeemed, err))
        return false;
    out->state = redeemed ? DEVICE_APPROVED : DEVICE_EXPIRED;
    if (!redeemed)
        return true;

    struct token_request request = { .account_id = redeemed->account_id,
                                     .name = redeemed->client,
                                     .expires_in_s = DEVICE_TOKEN_LIFE_S };
    struct audit_event event = { redeemed->login, "device.redeem", redeemed->client, NULL,
                                 redeeming->ip };
    out->scopes = redeemed->scopes;
    return scopes_parse(redeemed->scopes, &request.scopes, err) &&
           token_create(db, &request, redeeming->arena, out->token, &document, err) &&
           audit_add(db, &event, err);
}

static enum device_state state_parse(const char *text)
{
    static const char *const names[] = { "pending", "early", "denied", "expired", "approved" };
    for (size_t i = 0; text && i < COUNT(names); i++)
        if (strcmp(names[i], text) == 0)
            return (enum device_state)i;
    return DEVICE_EXPIRED;
}

bool device_poll(struct db *db, const char *device_code, const char *ip, struct arena *arena,
                 struct device_grant *out, struct error *err)
{
    char digest[SHA256_TEXT];
    const char *state;
    char from[LIMIT_ADDRESS_TEXT];
    limit_address(ip, from);
    if (!limit_take(db, &limit_poll, from, NULL, err))
        return false;
    sha256_hex(device_code, strlen(device_code), digest);
    if (!db_fetch_json(db, QUERY(device_poll, db_text(digest)), arena, &state, NULL, err))
        return false;
    out->state = state_parse(state);
    if (out->state != DEVICE_APPROVED)
        return true;
    struct redeeming redeeming = { digest, ip, arena, out };
    return db_transact(db, DB_READ_COMMITTED, grant_redeem, &redeeming, err);
}

static bool guess_take(struct db *db, const struct principal *who, struct error *err)
{
    return limit_take(db, &limit_guess, who->login, NULL, err);
}

static bool nothing_asks(struct error *err)
{
    error_set(err, NOT_FOUND, "no device login waits for this code");
    error_hint(err, "check the code, or begin again on the device: a code lives %d minutes",
               DEVICE_LIFE_S / 60);
    return error_field(err, "user_code");
}

bool device_show(struct db *db, const struct principal *who, const char *user_code,
                 struct arena *arena, const char **document, struct error *err)
{
    char code[DEVICE_USER_TEXT];
    const char *found = NULL;
    if (!guess_take(db, who, err))
        return false;
    if (user_code_read(user_code, code) &&
        !db_fetch_json(db, QUERY(device_document, db_text(code)), arena, &found, NULL, err))
        return false;
    if (!found)
        return nothing_asks(err);
    *document = found;
    return limit_return(db, &limit_guess, who->login, err);
}

struct deciding {
    const struct principal *who;
    const struct device_decision *decision;
    const char *code;
    struct arena *arena;
    bool found;
};

static bool grant_decide(struct db *db, void *context, struct error *err)
{
    struct deciding *deciding = context;
    bool approve = deciding->decision->approve;
    const char *found;
    if (!principal_hold(db, deciding->who, err) ||
        !db_fetch_json(db,
                       QUERY(device_decide, db_text(deciding->code),
                             db_integer(deciding->who->account_id),
                             db_text(approve ? "approve" : "deny")),
                       deciding->arena, &found, NULL, err))
        return false;
    deciding->found = found;
    struct audit_event event = { deciding->who->login, approve ? "device.approve" : "device.deny",
                                 deciding->code, NULL, deciding->decision->ip };
    return !found || audit_add(db, &event, err);
}

bool device_decide(struct db *db, const struct principal *who,
                   const struct device_decision *decision, struct arena *arena, struct error *err)
{
    char code[DEVICE_USER_TEXT];
    struct deciding deciding = { who, decision, code, arena, false };
    if (!guess_take(db, who, err))
        return false;
    if (user_code_read(decision->user_code, code) &&
        !db_transact(db, DB_READ_COMMITTED, grant_decide, &deciding, err))
        return false;
    if (!deciding.found)
        return nothing_asks(err);
    return limit_return(db, &limit_guess, who->login, err);
}
