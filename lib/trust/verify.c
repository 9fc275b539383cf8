#include "lib/trust/verify.h"

#include <string.h>

#include "lib/crypto/sign.h"
#include "lib/trust/bundle.h"
#include "lib/trust/subjects.h"

bool trust_sign(const struct trust_subject *subject, const struct private_key *key,
                struct arena *arena, const char **out, struct error *err)
{
    struct statement statement = { .predicate_type = TRUST_PACK_PREDICATE,
                                   .files = subject->files,
                                   .namespace = subject->namespace,
                                   .name = subject->name,
                                   .version = subject->version,
                                   .archive_sha256 = subject->archive_sha256,
                                   .tar_sha256 = subject->tar_sha256 };
    const char *payload = statement_print(&statement, arena);
    struct statement again; /* what we could not read ourselves is not signed */
    if (!statement_parse(payload, strlen(payload), arena, &again, err))
        return false;

    size_t message_len, signature_len;
    const void *message =
        bundle_signed_bytes(TRUST_PAYLOAD_TYPE, payload, strlen(payload), arena, &message_len);
    unsigned char signature[SIGNATURE_MAX];
    if (!signature_make(key, message, message_len, signature, &signature_len, err))
        return false;
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    struct bundle bundle = { .hint = public_key_id(public),
                             .payload_type = TRUST_PAYLOAD_TYPE,
                             .payload = payload,
                             .payload_len = strlen(payload),
                             .signature = signature,
                             .signature_len = signature_len };
    *out = bundle_print(&bundle, arena);
    return true;
}

static bool is_good_at(const struct trusted_key *key, int64_t at_us)
{
    return (!key->from_us || key->from_us <= at_us) && (!key->until_us || at_us <= key->until_us);
}

/* The hint is nobody's word: every key is tried, and the one that verifies is the signer. */
static bool signer_find(const struct trust_request *request, const struct bundle *bundle,
                        struct arena *arena, const char **out, struct error *err)
{
    size_t len;
    const void *message = bundle_signed_bytes(bundle->payload_type, bundle->payload,
                                              bundle->payload_len, arena, &len);
    for (size_t i = 0; i < request->key_count; i++) {
        const struct trusted_key *key = &request->keys[i];
        if (!signature_check(key->key, message, len, bundle->signature, bundle->signature_len))
            continue;
        const char *id = public_key_id(key->key);
        if (!is_good_at(key, request->at_us))
            return error_set(err, UNTRUSTED,
                             "it is signed with the key %s, which was not good then", id);
        *out = arena_strndup(arena, id, strlen(id));
        return true;
    }
    if (request->key_count == 0)
        return error_set(err, UNTRUSTED, "no key is trusted for this pack");
    return error_set(err, UNTRUSTED,
                     "none of the trusted keys has signed it; it names the key %.80s",
                     *bundle->hint ? bundle->hint : "of nobody");
}

static void note(struct verdict *verdict, const char *text, struct arena *arena)
{
    const char **notes = ARENA_ARRAY(arena, const char *, verdict->notes.count + 1);
    if (verdict->notes.count)
        memcpy(notes, verdict->notes.items, verdict->notes.count * sizeof(*notes));
    notes[verdict->notes.count] = text;
    verdict->notes = (struct list){ notes, verdict->notes.count + 1 };
}

static bool identity_check(const struct statement *said, const struct trust_subject *found,
                           struct error *err)
{
    if (strcmp(said->namespace, found->namespace) == 0 && strcmp(said->name, found->name) == 0 &&
        strcmp(said->version, found->version) == 0)
        return true;
    return error_set(err, UNTRUSTED, "it is signed as %.64s/%.64s@%.128s, not %s/%s@%s",
                     said->namespace, said->name, said->version, found->namespace, found->name,
                     found->version);
}

static bool archive_check(const struct statement *said, const struct trust_subject *found,
                          struct verdict *verdict, struct arena *arena, struct error *err)
{
    if (!found->archive_sha256) {
        note(verdict, "the archive was not at hand: only its files were compared", arena);
        return true;
    }
    if (strcmp(said->archive_sha256, found->archive_sha256) != 0)
        return error_set(err, UNTRUSTED, "the archive is not the one that was signed");
    if (found->tar_sha256 && strcmp(said->tar_sha256, found->tar_sha256) != 0)
        return error_set(err, UNTRUSTED, "the archive's tar is not the one that was signed");
    verdict->binds_archive = true;
    return true;
}

static bool statement_check(const struct trust_request *request, const struct statement *said,
                            struct arena *arena, struct verdict *verdict, struct error *err)
{
    struct list found = subjects_sorted(request->subject->files, arena);
    verdict->predicate_type = said->predicate_type;
    if (!subjects_match(said->files, found, err))
        return false;
    if (said->namespace) {
        verdict->binds_identity = true;
        return identity_check(said, request->subject, err) &&
               archive_check(said, request->subject, verdict, arena, err);
    }
    if (request->require_binding)
        return error_set(err, UNTRUSTED,
                         "the signature binds the files, but not the pack's name and version");
    note(verdict, "the signature binds the files alone: not namespace, name, version or archive",
         arena);
    return true;
}

static bool bundle_check(const struct trust_request *request, struct arena *arena,
                         struct verdict *verdict, struct error *err)
{
    struct bundle bundle;
    struct statement statement;
    if (!bundle_parse(request->bundle, request->bundle_len, arena, &bundle, err))
        return false;
    if (strcmp(bundle.payload_type, TRUST_PAYLOAD_TYPE) != 0)
        return error_set(err, UNTRUSTED, "it signs a payload of the type %.64s, not %s",
                         bundle.payload_type, TRUST_PAYLOAD_TYPE);
    if (!signer_find(request, &bundle, arena, &verdict->key_id, err) ||
        !statement_parse(bundle.payload, bundle.payload_len, arena, &statement, err) ||
        !statement_check(request, &statement, arena, verdict, err))
        return false;
    if (bundle.log_entries || bundle.timestamps)
        note(verdict, "the bundle's log entries and timestamps were not checked", arena);
    return true;
}

bool trust_verify(const struct trust_request *request, struct arena *arena, struct verdict *out,
                  struct error *err)
{
    struct verdict verdict = { 0 };
    if (!bundle_check(request, arena, &verdict, err))
        return error_prefix(err, "signature");
    *out = verdict;
    return true;
}
