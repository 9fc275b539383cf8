#include "registry/auth/token.h"

#include <string.h>

#include "lib/base/random.h"
#include "registry/db/db.h"

#define PREFIX_LEN   5
#define RANDOM_LEN   36
#define CHECKSUM_LEN 6

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const char *const scope_names[] = { "read", "publish", "yank", "org", "account" };

/* CRC-32 of ISO 3309, as in zlib. */
static uint32_t crc32_of(const char *bytes, size_t len)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void checksum_print(const char *text, char out[CHECKSUM_LEN])
{
    uint32_t crc = crc32_of(text, PREFIX_LEN + RANDOM_LEN);
    for (size_t i = CHECKSUM_LEN; i-- > 0; crc /= 62)
        out[i] = digits[crc % 62];
}

void token_make(char out[TOKEN_TEXT])
{
    memcpy(out, TOKEN_PREFIX, PREFIX_LEN);
    for (size_t i = 0; i < RANDOM_LEN;) {
        unsigned char byte;
        random_bytes(&byte, 1);
        if (byte < 4 * 62) /* else some digits would come more often than others */
            out[PREFIX_LEN + i++] = digits[byte % 62];
    }
    checksum_print(out, out + PREFIX_LEN + RANDOM_LEN);
    out[TOKEN_TEXT - 1] = '\0';
}

bool token_check(const char *text)
{
    char checksum[CHECKSUM_LEN];
    if (strlen(text) != TOKEN_TEXT - 1 || memcmp(text, TOKEN_PREFIX, PREFIX_LEN) != 0 ||
        strspn(text + PREFIX_LEN, digits) != RANDOM_LEN + CHECKSUM_LEN)
        return false;
    checksum_print(text, checksum);
    return memcmp(checksum, text + PREFIX_LEN + RANDOM_LEN, CHECKSUM_LEN) == 0;
}

unsigned scope_find(const char *name)
{
    for (size_t i = 0; i < COUNT(scope_names); i++)
        if (strcmp(scope_names[i], name) == 0)
            return 1U << i;
    return 0;
}

static bool scope_add(const char *name, unsigned *scopes, struct error *err)
{
    unsigned scope = scope_find(name);
    if (!scope || *scopes & scope) {
        error_set(err, INVALID, scope ? "the scope %s stands twice" : "no scope is called \"%s\"",
                  name);
        error_hint(err, "scopes are read, publish, yank, org and account");
        return error_field(err, "scopes");
    }
    *scopes |= scope;
    return true;
}

bool scopes_of_list(const struct list *names, unsigned *out, struct error *err)
{
    unsigned scopes = 0;
    LIST_FOREACH (*names, const char *, name)
        if (!scope_add(*name, &scopes, err))
            return false;
    if (!scopes) {
        error_set(err, INVALID, "a token needs a scope");
        return error_field(err, "scopes");
    }
    *out = scopes;
    return true;
}

bool scopes_parse(const char *text, unsigned *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    unsigned scopes = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        unsigned scope = 0;
        if (!scope_add(arena_strndup(arena, text, len), &scope, err))
            return false;
        scopes |= scope;
        text += len + (text[len] == ' ');
    }
    *out = scopes;
    return true;
}

const char *scopes_print(unsigned scopes, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < COUNT(scope_names); i++)
        if (scopes & 1U << i)
            text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", scope_names[i]);
    return text;
}

bool token_create(struct db *db, const struct token_request *request, struct arena *arena,
                  char text[TOKEN_TEXT], const char **document, struct error *err)
{
    char digest[SHA256_TEXT];
    token_make(text);
    sha256_hex(text, TOKEN_TEXT - 1, digest);
    struct db_value expires = request->expires_in_s ? db_integer(request->expires_in_s) : db_null();
    return db_fetch_json(db,
                         QUERY(token_add, db_integer(request->account_id), db_text(request->name),
                               db_text(digest), db_text(scopes_print(request->scopes, arena)),
                               expires, db_text(request->made_with)),
                         arena, document, NULL, err);
}

struct token_row {
    const char *id, *name, *scopes, *expires_at, *login;
    int64_t account_id;
    bool is_admin, stale;
};

static const struct field token_row_fields[] = {
    TEXT(struct token_row, id, REQUIRED),       TEXT(struct token_row, name, REQUIRED),
    TEXT(struct token_row, scopes, REQUIRED),   TEXT(struct token_row, expires_at, OPTIONAL),
    TEXT(struct token_row, login, REQUIRED),    I64(struct token_row, account_id, REQUIRED),
    BOOL(struct token_row, is_admin, REQUIRED), BOOL(struct token_row, stale, REQUIRED),
};
static const struct record token_row_record = RECORD(struct token_row, "token", token_row_fields);

bool token_find(struct db *db, const char *text, struct arena *arena, struct principal **out,
                struct error *err)
{
    *out = NULL;
    if (!token_check(text))
        return true;

    char digest[SHA256_TEXT];
    struct token_row *row;
    sha256_hex(text, strlen(text), digest);
    if (!db_fetch(db, QUERY(token_find, db_text(digest)), &token_row_record, arena, (void **)&row,
                  err))
        return false;
    if (!row)
        return true;

    unsigned scopes;
    if (!scopes_parse(row->scopes, &scopes, err))
        return error_prefix(err, "token %s", row->id);
    if (row->stale && !db_execute(db, QUERY(token_touch, db_text(row->id)), NULL, err))
        return false;

    struct principal *principal = ARENA_NEW(arena, struct principal);
    *principal = (struct principal){ .account_id = row->account_id,
                                     .login = row->login,
                                     .is_admin = row->is_admin,
                                     .scopes = scopes,
                                     .token_id = row->id,
                                     .token_name = row->name,
                                     .token_scopes = row->scopes,
                                     .token_expires_at = row->expires_at };
    *out = principal;
    return true;
}
