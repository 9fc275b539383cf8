/*
 * Sigstore bundles v0.3 with a DSSE envelope (docs/formats/bundle.md): writing, and strict reading.
 * Reading proves nothing; verify.h does.
 */
#pragma once

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define TRUST_BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

struct bundle {
    const char *hint; /* of the key, as its signer named it; proves nothing */
    const char *payload_type;
    const void *payload;
    size_t payload_len;
    const void *signature;
    size_t signature_len;
    size_t log_entries, timestamps; /* how many there are; they are not checked yet */
};

/*
 * UNTRUSTED with what is wrong: one signature, one key, strict base64, limits. UNSUPPORTED for
 * bundles signed with a certificate and for signatures without an envelope.
 */
bool bundle_parse(const char *text, size_t len, struct arena *arena, struct bundle *out,
                  struct error *err) MUST_CHECK;

/* One line of JSON, in arena. */
const char *bundle_print(const struct bundle *bundle, struct arena *arena);

/* DSSE's pre-authentication encoding: the bytes that are signed. */
const void *bundle_signed_bytes(const char *payload_type, const void *payload, size_t payload_len,
                                struct arena *arena, size_t *out_len);
