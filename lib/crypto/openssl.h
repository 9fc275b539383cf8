/* What the files of this folder share of OpenSSL. */
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/crypto/key.h"

DEFINE_CLEANUP(BIO *, BIO_free_all)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(X509_SIG *, X509_SIG_free)
DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

struct private_key {
    EVP_PKEY *pkey;
    enum key_type type;
};

struct public_key {
    EVP_PKEY *pkey;
    enum key_type type;
    unsigned char *der;
    size_t der_len;
    char id[KEY_ID_TEXT];
};

/* INTERNAL with OpenSSL's reason; its queue is empty afterwards. */
bool openssl_failed(struct error *err, const char *doing);
/* Which of our kinds a key is of; UNSUPPORTED when of none. */
bool openssl_key_type(const EVP_PKEY *pkey, enum key_type *out, struct error *err) MUST_CHECK;
/* Takes over the reference, on success only. */
bool openssl_public_key(EVP_PKEY *pkey, struct public_key **out, struct error *err) MUST_CHECK;

/*
 * A public key whose DER has the one form that all of its kind have, without OpenSSL's decoders,
 * which take half a millisecond; NULL when it has another, or is none.
 */
struct public_key *openssl_spki_plain(const unsigned char *der, size_t len);

/*
 * The DER inside of one PEM block, or of bare base64, or the bytes themselves when they are DER.
 * Nothing but white space around it. *label is static text: "PRIVATE KEY" and so on, "" for bare.
 * The result is of OPENSSL_malloc's; the caller wipes it (OPENSSL_clear_free).
 */
bool openssl_unwrap(const void *bytes, size_t len, const char **label, unsigned char **out,
                    size_t *out_len, struct error *err) MUST_CHECK;
