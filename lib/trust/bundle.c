#include "lib/trust/bundle.h"

#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"

struct wire_key {
    const char *hint;
};
static const struct field wire_key_fields[] = { TEXT(struct wire_key, hint, OPTIONAL) };
static const struct record wire_key_record =
    RECORD_OPEN(struct wire_key, "public key", wire_key_fields);

struct wire_times {
    const struct doc *rfc3161Timestamps;
};
static const struct field wire_times_fields[] = {
    DOC(struct wire_times, rfc3161Timestamps, OPTIONAL),
};
static const struct record wire_times_record =
    RECORD_OPEN(struct wire_times, "timestamps", wire_times_fields);

struct wire_material {
    struct wire_key *publicKey;
    const struct doc *certificate, *x509CertificateChain, *tlogEntries;
    struct wire_times *timestampVerificationData;
};
static const struct field wire_material_fields[] = {
    NESTED(struct wire_material, publicKey, struct wire_key, &wire_key_record, OPTIONAL),
    DOC(struct wire_material, certificate, OPTIONAL),
    DOC(struct wire_material, x509CertificateChain, OPTIONAL),
    DOC(struct wire_material, tlogEntries, OPTIONAL),
    NESTED(struct wire_material, timestampVerificationData, struct wire_times, &wire_times_record,
           OPTIONAL),
};
static const struct record wire_material_record =
    RECORD_OPEN(struct wire_material, "verification material", wire_material_fields);

struct wire_signature {
    const char *sig, *keyid;
};
static const struct field wire_signature_fields[] = {
    TEXT(struct wire_signature, sig, REQUIRED),
    TEXT(struct wire_signature, keyid, OPTIONAL),
};
static const struct record wire_signature_record =
    RECORD_OPEN(struct wire_signature, "signature", wire_signature_fields);

struct wire_envelope {
    const char *payload, *payloadType;
    struct list signatures;
};
static const struct field wire_envelope_fields[] = {
    TEXT(struct wire_envelope, payload, REQUIRED),
    TEXT(struct wire_envelope, payloadType, REQUIRED),
    LIST(struct wire_envelope, signatures, &wire_signature_record, REQUIRED),
};
static const struct record wire_envelope_record =
    RECORD_OPEN(struct wire_envelope, "envelope", wire_envelope_fields);

struct wire_bundle {
    const char *mediaType;
    struct wire_material *verificationMaterial;
    struct wire_envelope *dsseEnvelope;
    const struct doc *messageSignature;
};
static const struct field wire_bundle_fields[] = {
    TEXT(struct wire_bundle, mediaType, REQUIRED),
    NESTED(struct wire_bundle, verificationMaterial, struct wire_material, &wire_material_record,
           REQUIRED),
    NESTED(struct wire_bundle, dsseEnvelope, struct wire_envelope, &wire_envelope_record, OPTIONAL),
    DOC(struct wire_bundle, messageSignature, OPTIONAL),
};
static const struct record wire_bundle_record =
    RECORD_OPEN(struct wire_bundle, "bundle", wire_bundle_fields);

#define LIMIT_BUNDLE_PROOFS 32 /* log entries, timestamps */

static bool is_there(const struct doc *doc)
{
    return doc && doc->kind != DOC_NULL;
}

static bool media_type_check(const char *type, struct error *err)
{
    static const char *const known[] = {
        TRUST_BUNDLE_TYPE,
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(type, known[i]) == 0)
            return true;
    return error_set(err, UNTRUSTED, "unknown media type %.96s", type);
}

static bool list_count(const struct doc *list, const char *what, size_t *out, struct error *err)
{
    *out = 0;
    if (!is_there(list))
        return true;
    if (list->kind != DOC_LIST)
        return doc_fault(err, list, "%s: expected a list", what);
    if (list->count > LIMIT_BUNDLE_PROOFS)
        return error_set(err, TOO_LARGE, "over %d %s", LIMIT_BUNDLE_PROOFS, what);
    *out = list->count;
    return true;
}

static bool bytes_decode(const char *text, const char *what, struct arena *arena, const void **out,
                         size_t *out_len, struct error *err)
{
    size_t len = strlen(text);
    void *bytes = arena_alloc(arena, len / 4 * 3 + 1, 1);
    if (len == 0 || !base64_decode(text, len, bytes, out_len))
        return error_set(err, UNTRUSTED, "%s is not base64", what);
    *out = bytes;
    return true;
}

static bool material_check(const struct wire_material *material, struct bundle *bundle,
                           struct error *err)
{
    bool certificate = is_there(material->certificate) || is_there(material->x509CertificateChain);
    if (certificate && material->publicKey)
        return error_set(err, UNTRUSTED, "it names both a key and a certificate");
    if (certificate) {
        error_set(err, UNSUPPORTED,
                  "it is signed with a certificate, and only keys can be verified yet");
        return error_hint(err, "ask the publisher for a version that is signed with a key");
    }
    if (!material->publicKey)
        return error_set(err, UNTRUSTED, "it names no key");
    bundle->hint = material->publicKey->hint ? material->publicKey->hint : "";
    const struct wire_times *times = material->timestampVerificationData;
    return list_count(material->tlogEntries, "tlogEntries", &bundle->log_entries, err) &&
           list_count(times ? times->rfc3161Timestamps : NULL, "rfc3161Timestamps",
                      &bundle->timestamps, err);
}

static bool envelope_read(const struct wire_envelope *envelope, struct arena *arena,
                          struct bundle *bundle, struct error *err)
{
    if (envelope->signatures.count != 1)
        return error_set(err, UNTRUSTED, "it has %zu signatures, not one",
                         envelope->signatures.count);
    const struct wire_signature *signature = envelope->signatures.items;
    if (signature->keyid && *signature->keyid && *bundle->hint &&
        strcmp(signature->keyid, bundle->hint) != 0)
        return error_set(err, UNTRUSTED, "envelope and bundle name different keys");
    bundle->payload_type = envelope->payloadType;
    return bytes_decode(envelope->payload, "the payload", arena, &bundle->payload,
                        &bundle->payload_len, err) &&
           bytes_decode(signature->sig, "the signature", arena, &bundle->signature,
                        &bundle->signature_len, err);
}

static bool bundle_decode(const char *text, size_t len, struct arena *arena, struct bundle *out,
                          struct error *err)
{
    struct wire_bundle wire = { 0 };
    struct bundle bundle = { 0 };
    if (len > LIMIT_BUNDLE_BYTES)
        return error_set(err, TOO_LARGE, "over %zu bytes", LIMIT_BUNDLE_BYTES);
    if (!json_decode(text, len, &wire_bundle_record, arena, &wire, err) ||
        !media_type_check(wire.mediaType, err))
        return false;
    if (is_there(wire.messageSignature) && wire.dsseEnvelope)
        return error_set(err, UNTRUSTED, "it has two kinds of signature");
    if (is_there(wire.messageSignature))
        return error_set(err, UNSUPPORTED,
                         "it signs bytes, not a statement on a pack (messageSignature)");
    if (!wire.dsseEnvelope)
        return error_set(err, UNTRUSTED, "it has no signature");
    if (!material_check(wire.verificationMaterial, &bundle, err) ||
        !envelope_read(wire.dsseEnvelope, arena, &bundle, err))
        return false;
    *out = bundle;
    return true;
}

bool bundle_parse(const char *text, size_t len, struct arena *arena, struct bundle *out,
                  struct error *err)
{
    if (bundle_decode(text, len, arena, out, err))
        return true;
    if (err->kind == ERROR_INVALID) /* of JSON and record: it is no bundle to trust */
        err->kind = ERROR_UNTRUSTED;
    return error_prefix(err, "bundle");
}

static const char *base64(const void *bytes, size_t len, struct arena *arena)
{
    char *text = arena_alloc(arena, BASE64_LEN(len) + 1, 1);
    base64_encode(bytes, len, text);
    return text;
}

const char *bundle_print(const struct bundle *bundle, struct arena *arena)
{
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "mediaType", TRUST_BUNDLE_TYPE);
    struct doc *material = doc_add_table(arena, doc, "verificationMaterial");
    doc_add_text(arena, doc_add_table(arena, material, "publicKey"), "hint", bundle->hint);
    (void)doc_add_list(arena, material, "tlogEntries");
    (void)doc_add_table(arena, material, "timestampVerificationData");
    struct doc *envelope = doc_add_table(arena, doc, "dsseEnvelope");
    doc_add_text(arena, envelope, "payload", base64(bundle->payload, bundle->payload_len, arena));
    doc_add_text(arena, envelope, "payloadType", bundle->payload_type);
    struct doc *signature = doc_add_table(arena, doc_add_list(arena, envelope, "signatures"), NULL);
    doc_add_text(arena, signature, "sig", base64(bundle->signature, bundle->signature_len, arena));
    return json_print(doc, JSON_COMPACT_KEPT, arena);
}

const void *bundle_signed_bytes(const char *payload_type, const void *payload, size_t payload_len,
                                struct arena *arena, size_t *out_len)
{
    const char *head =
        arena_printf(arena, "DSSEv1 %zu %s %zu ", strlen(payload_type), payload_type, payload_len);
    size_t head_len = strlen(head);
    char *bytes = arena_alloc(arena, head_len + payload_len + 1, 1);
    memcpy(bytes, head, head_len);
    memcpy(bytes + head_len, payload, payload_len);
    *out_len = head_len + payload_len;
    return bytes;
}
