/*
 * Signing keys: ECDSA on P-256 with SHA-256, and Ed25519 (RFC 8032, pure).
 *
 * Private keys are PKCS#8: in PEM, plain or under a passphrase (PBES2 with scrypt and AES-256), or
 * as bare base64, the form of the original's key files. Public keys are SubjectPublicKeyInfo in
 * PEM, DER or bare base64. A key id is lower-case hex of SHA-256 over the SPKI's DER.
 */
#pragma once

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#define KEY_ID_TEXT 65 /* lower-case hex and a NUL */

enum key_type { KEY_ECDSA_P256, KEY_ED25519 };
extern const char *const key_type_names[]; /* "ecdsa-p256", "ed25519"; NULL-terminated */

struct private_key;
struct public_key; /* both may be used by many threads at once */

/* A secret as bytes. NULL bytes: none is known. */
struct passphrase {
    const char *bytes;
    size_t len;
};

bool private_key_generate(enum key_type type, struct private_key **out, struct error *err)
    MUST_CHECK;

/*
 * One key, nothing after it; LIMIT_KEY_BYTES at most. UNAUTHORIZED when it is encrypted and no
 * passphrase was given, DENIED when the passphrase is wrong, UNSUPPORTED for other kinds of keys.
 */
bool private_key_read(const void *bytes, size_t len, struct passphrase passphrase,
                      struct private_key **out, struct error *err) MUST_CHECK;
/* Whether reading it will need a passphrase. */
bool private_key_is_encrypted(const void *bytes, size_t len);

/* PKCS#8 PEM, encrypted when there is a passphrase. The caller wipes the buffer (buf_wipe). */
bool private_key_write(const struct private_key *key, struct passphrase passphrase, struct buf *out,
                       struct error *err) MUST_CHECK;
void private_key_free(struct private_key *key); /* wipes */
DEFINE_CLEANUP(struct private_key *, private_key_free)

/* The public half; belongs to the caller. */
struct public_key *private_key_public(const struct private_key *key);

/* PEM, DER or bare base64, and nothing after it. */
bool public_key_read(const void *bytes, size_t len, struct public_key **out, struct error *err)
    MUST_CHECK;
void public_key_free(struct public_key *key);
DEFINE_CLEANUP(struct public_key *, public_key_free)

enum key_type public_key_type(const struct public_key *key);
const char *public_key_id(const struct public_key *key);
const char *public_key_pem(const struct public_key *key, struct arena *arena);
const void *public_key_der(const struct public_key *key, size_t *out_len); /* lives with the key */
