/*
 * Signing a pack's statement, and the verdict on a pack's bundle. Bytes, keys and a time in,
 * verdict out; nothing here fetches, stores or asks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "lib/crypto/key.h"
#include "lib/trust/statement.h"

/* A key that may have signed, and when it was good. */
struct trusted_key {
    const struct public_key *key;
    int64_t from_us, until_us; /* closed interval; 0: open */
};

/* The pack at hand, as it was computed from its bytes, not as anyone named it. */
struct trust_subject {
    const char *namespace, *name, *version;  /* as it was asked for */
    const char *archive_sha256, *tar_sha256; /* NULL when only the files are at hand */
    struct list files;                       /* of struct subject: all of them */
};

struct verdict {
    const char *key_id; /* which of the keys has signed */
    const char *predicate_type;
    bool binds_identity; /* namespace, name and version are signed */
    bool binds_archive;  /* the digests of archive and tar are signed, and were compared */
    struct list notes;   /* of const char *: what is not bound or not checked, for people */
};

/* Signs what is at hand. Every member of subject must be set. The bundle's text is in arena. */
bool trust_sign(const struct trust_subject *subject, const struct private_key *key,
                struct arena *arena, const char **out, struct error *err) MUST_CHECK;

/*
 * Whether one of the keys, good at at_us, signed exactly this pack: the same set of files, names
 * and digests, and (where the statement has them) the same namespace, name, version and archive.
 * UNTRUSTED with the reason otherwise.
 */
struct trust_request {
    const char *bundle;
    size_t bundle_len;
    const struct trusted_key *keys;
    size_t key_count;
    const struct trust_subject *subject;
    int64_t at_us;
    bool require_binding; /* refuse the original's statements, which bind no name and version */
};
bool trust_verify(const struct trust_request *request, struct arena *arena, struct verdict *out,
                  struct error *err) MUST_CHECK;
