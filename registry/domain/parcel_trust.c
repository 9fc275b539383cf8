#include <string.h>

#include "lib/base/clock.h"
#include "lib/crypto/key.h"
#include "lib/trust/bundle.h"
#include "lib/trust/verify.h"
#include "registry/domain/parcel.h"

/* The keys of an organisation, opened. */
struct keyring {
    const struct list *rows; /* struct signing_key */
    struct public_key **keys;
    struct trusted_key *trusted;
    size_t count;
};

static void keyring_clear(struct keyring *keyring)
{
    for (size_t i = 0; i < keyring->count; i++)
        public_key_free(keyring->keys[i]);
}

static bool keyring_open(struct keyring *keyring, struct arena *arena, struct error *err)
{
    keyring->keys = ARENA_ARRAY(arena, struct public_key *, keyring->rows->count + 1);
    keyring->trusted = ARENA_ARRAY(arena, struct trusted_key, keyring->rows->count + 1);
    LIST_FOREACH (*keyring->rows, struct signing_key, row) {
        if (row->revoked)
            continue;
        struct public_key *key;
        if (!public_key_read(row->public_key, strlen(row->public_key), &key, err))
            return error_prefix(err, "key %s", row->key_id);
        keyring->keys[keyring->count] = key;
        keyring->trusted[keyring->count++] = (struct trusted_key){ .key = key };
    }
    return true;
}

/* Says more than "none of the keys": the bundle's hint may name one that is revoked or unknown. */
static bool explain(const struct publish_request *request, const struct keyring *keyring,
                    struct arena *arena, struct error *err)
{
    struct bundle bundle;
    struct error ignored;
    error_field(err, "bundle");
    if (err->kind != ERROR_UNTRUSTED ||
        !bundle_parse(request->bundle.data, request->bundle.len, arena, &bundle, &ignored))
        return false;
    const struct signing_key *named = NULL;
    LIST_FOREACH (*keyring->rows, struct signing_key, row)
        if (bundle.hint && strcmp(row->key_id, bundle.hint) == 0)
            named = row;
    if (named && named->revoked) {
        error_set(err, UNTRUSTED, "the key \"%s\" of %s is revoked", named->name,
                  request->namespace);
        error_hint(err, "sign with a key that is registered, or register a new one");
    } else if (!named) {
        error_hint(err, "an owner can register the key: POST /api/v1/organisations/%s/keys",
                   request->namespace);
    }
    return error_field(err, "bundle");
}

static struct list subjects_of(const struct parcel *parcel, struct arena *arena)
{
    size_t count = parcel->index.files.count;
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, count);
    for (size_t i = 0; i < count; i++)
        subjects[i] = (struct subject){ parcel->files[i].path, parcel->files[i].sha256 };
    return (struct list){ subjects, count };
}

bool parcel_verify(const struct registry *registry, const struct publish_request *request,
                   struct arena *arena, struct parcel *parcel, struct error *err)
{
    CLEANUP(keyring_clear) struct keyring keyring = { .rows = &parcel->keys };
    if (!keyring_open(&keyring, arena, err))
        return false;

    struct trust_subject subject = { .namespace = request->namespace,
                                     .name = request->name,
                                     .version = request->version,
                                     .archive_sha256 = parcel->index.sha256,
                                     .tar_sha256 = parcel->index.tar_sha256,
                                     .files = subjects_of(parcel, arena) };
    struct trust_request question = { .bundle = request->bundle.data,
                                      .bundle_len = request->bundle.len,
                                      .keys = keyring.trusted,
                                      .key_count = keyring.count,
                                      .subject = &subject,
                                      .at_us = clock_now_us(),
                                      .require_binding = registry->settings->require_binding };
    struct verdict verdict;
    if (!trust_verify(&question, arena, &verdict, err))
        return explain(request, &keyring, arena, err);

    parcel->key_id = arena_strndup(arena, verdict.key_id, strlen(verdict.key_id));
    parcel->binds = verdict.binds_identity && verdict.binds_archive;
    parcel->notes = verdict.notes;
    return true;
}
