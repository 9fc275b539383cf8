/* Signatures with the keys of key.h. */
#pragma once

#include <stddef.h>

#include "lib/base/error.h"
#include "lib/crypto/key.h"

#define SIGNATURE_MAX 80 /* ECDSA P-256 in DER 72 at most, Ed25519 64 */

/* ECDSA: ASN.1 DER over SHA-256 of the message. Ed25519: 64 bytes over the message itself. */
bool signature_make(const struct private_key *key, const void *message, size_t len,
                    unsigned char out[SIGNATURE_MAX], size_t *out_len, struct error *err)
    MUST_CHECK;

/* False for whatever is not a signature of this message by this key. */
bool signature_check(const struct public_key *key, const void *message, size_t len,
                     const void *signature, size_t signature_len);
