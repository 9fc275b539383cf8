#include "sandbox/audit/event.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

/* In front of what is hashed, so that no hash of an event is the hash of anything else. */
#define DOMAIN "nono.audit.event.v1\n"
/* A line ends in its hash; what stands before is hashed, closed by a brace. */
#define HASH_KEY ",\"hash\":\""
#define HASH_LEN (sizeof(HASH_KEY) - 1 + SHA256_TEXT - 1 + sizeof("\"}") - 1)

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const struct field line_fields[] = {
    U64(struct audit_event_line, seq, REQUIRED),   TIME(struct audit_event_line, time, REQUIRED),
    TEXT(struct audit_event_line, type, REQUIRED), TEXT(struct audit_event_line, prev, REQUIRED),
    TEXT(struct audit_event_line, hash, REQUIRED), DOC(struct audit_event_line, data, OPTIONAL),
};
static const struct record line_record = RECORD(struct audit_event_line, "event", line_fields);

static void body_hash(const char *body, size_t len, char out[SHA256_TEXT])
{
    unsigned char digest[SHA256_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, DOMAIN, strlen(DOMAIN));
    sha256_add(&sha, body, len);
    sha256_add(&sha, "}", 1);
    sha256_end(&sha, digest);
    hex_encode(digest, sizeof(digest), out);
}

void audit_chain_init(struct audit_chain *chain)
{
    chain->count = 0;
    memcpy(chain->head, ZEROS, sizeof(ZEROS));
    merkle_init(&chain->merkle);
}

void audit_chain_root(const struct audit_chain *chain, char out[SHA256_TEXT])
{
    unsigned char root[SHA256_BYTES];
    merkle_root(&chain->merkle, root);
    hex_encode(root, sizeof(root), out);
}

void audit_chain_advance(struct audit_chain *chain, const char hash[SHA256_TEXT])
{
    unsigned char digest[SHA256_BYTES];
    (void)hex_decode(hash, digest, sizeof(digest));
    merkle_add(&chain->merkle, digest, sizeof(digest));
    memcpy(chain->head, hash, SHA256_TEXT);
    chain->count++;
}

/* Names and hosts come from programs: bytes that are not UTF-8 are escaped, for JSON has none. */
/* NOLINTNEXTLINE(misc-no-recursion): our own documents are shallow */
static void texts_clean(struct doc *doc, struct arena *arena)
{
    if (doc->kind == DOC_TEXT && !text_is_utf8(doc->text, doc->len)) {
        doc->text = text_escape(doc->text, arena);
        doc->len = strlen(doc->text);
    } else if (doc->kind == DOC_LIST || doc->kind == DOC_TABLE) {
        DOC_FOREACH (doc, item)
            texts_clean(item, arena);
    }
}

bool audit_line_print(const struct audit_chain *chain, const char *type, int64_t time_us,
                      const struct doc *data, struct arena *arena, struct audit_line *out,
                      struct error *err)
{
    struct doc *event = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, event, "seq", (int64_t)chain->count);
    doc_add_time(arena, event, "time", time_us);
    doc_add_text(arena, event, "type", type);
    doc_add_text(arena, event, "prev", chain->head);
    if (data) {
        struct doc *copy = doc_copy(arena, data);
        texts_clean(copy, arena);
        doc_insert(arena, event, "data", copy);
    }
    const char *body = json_print(event, JSON_COMPACT_SORTED, arena);
    size_t len = strlen(body) - 1; /* without its brace */
    if (len + HASH_LEN > LIMIT_AUDIT_LINE_BYTES)
        return error_set(err, TOO_LARGE, "an audit event is over %zu bytes",
                         LIMIT_AUDIT_LINE_BYTES);
    body_hash(body, len, out->hash);
    out->text = arena_printf(arena, "%.*s" HASH_KEY "%s\"}\n", (int)len, body, out->hash);
    return true;
}

bool audit_line_parse(const char *line, size_t len, struct arena *arena,
                      struct audit_event_line *out, struct error *err)
{
    if (len > LIMIT_AUDIT_LINE_BYTES)
        return error_set(err, TOO_LARGE, "over %zu bytes", LIMIT_AUDIT_LINE_BYTES);
    if (len < HASH_LEN || memcmp(line + len - HASH_LEN, HASH_KEY, sizeof(HASH_KEY) - 1) != 0)
        return error_set(err, INVALID, "does not end in its hash");
    struct audit_event_line event = { 0 };
    if (!json_decode(line, len, &line_record, arena, &event, err))
        return false;
    if (event.data && event.data->kind != DOC_TABLE)
        return error_set(err, INVALID, "data: expected a table");
    if (!sha256_is_text(event.prev))
        return error_set(err, INVALID, "prev: not a SHA-256 digest");

    char hash[SHA256_TEXT];
    body_hash(line, len - HASH_LEN, hash);
    if (strcmp(hash, event.hash) != 0)
        return error_set(err, UNTRUSTED, "the hash is not that of the event");
    *out = event;
    return true;
}

bool audit_chain_check(struct audit_chain *chain, const struct audit_event_line *line,
                       struct error *err)
{
    if (line->seq != chain->count)
        return error_set(err, UNTRUSTED, "event %llu stands where %llu belongs",
                         (unsigned long long)line->seq, (unsigned long long)chain->count);
    if (strcmp(line->prev, chain->head) != 0)
        return error_set(err, UNTRUSTED, "does not follow the event before it");
    audit_chain_advance(chain, line->hash);
    return true;
}
