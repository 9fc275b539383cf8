#include "lib/crypto/key.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/crypto/openssl.h"

/* scrypt at 16 MiB: what OpenSSL 3.0 still reads with its own bounds. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1

bool private_key_generate(enum key_type type, struct private_key **out, struct error *err)
{
    EVP_PKEY *pkey = type == KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                         : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!pkey)
        return openssl_failed(err, "generate a key");
    *out = xnew(struct private_key);
    **out = (struct private_key){ pkey, type };
    return true;
}

void private_key_free(struct private_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey); /* which wipes it */
    free(key);
}

/* DER of PKCS#8, plain. NULL when it is something else. */
static PKCS8_PRIV_KEY_INFO *plain_decode(const unsigned char *der, size_t len)
{
    const unsigned char *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)len);
    if (info && at != der + len) {
        PKCS8_PRIV_KEY_INFO_free(info);
        info = NULL;
    }
    ERR_clear_error();
    return info;
}

static X509_SIG *encrypted_decode(const unsigned char *der, size_t len)
{
    const unsigned char *at = der;
    X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)len);
    if (sealed && at != der + len) {
        X509_SIG_free(sealed);
        sealed = NULL;
    }
    ERR_clear_error();
    return sealed;
}

static bool info_decrypt(const X509_SIG *sealed, struct passphrase passphrase,
                         PKCS8_PRIV_KEY_INFO **out, struct error *err)
{
    if (!passphrase.bytes)
        return error_set(err, UNAUTHORIZED, "the key is encrypted, and no passphrase is known");
    *out = PKCS8_decrypt(sealed, passphrase.bytes, (int)passphrase.len);
    ERR_clear_error();
    return *out || error_set(err, DENIED, "the passphrase does not open the key");
}

/* A key whose halves do not belong together would make signatures that nobody can check. */
static bool halves_agree(EVP_PKEY *pkey)
{
    CLEANUP(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool ok = ctx && EVP_PKEY_pairwise_check(ctx) == 1;
    ERR_clear_error();
    return ok;
}

static bool der_read(const unsigned char *der, size_t len, struct passphrase passphrase,
                     struct private_key **out, struct error *err)
{
    CLEANUP(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = plain_decode(der, len);
    CLEANUP(X509_SIG_freep) X509_SIG *sealed = info ? NULL : encrypted_decode(der, len);
    if (sealed && !info_decrypt(sealed, passphrase, &info, err))
        return false;
    CLEANUP(EVP_PKEY_freep) EVP_PKEY *pkey = info ? EVP_PKCS82PKEY(info) : NULL;
    ERR_clear_error();
    if (!pkey)
        return error_set(err, INVALID, "this is no private key in PKCS#8");
    enum key_type type;
    if (!openssl_key_type(pkey, &type, err))
        return false;
    if (!halves_agree(pkey))
        return error_set(err, INVALID, "the key's private and public half do not belong together");
    *out = xnew(struct private_key);
    **out = (struct private_key){ STEAL(pkey), type };
    return true;
}

bool private_key_read(const void *bytes, size_t len, struct passphrase passphrase,
                      struct private_key **out, struct error *err)
{
    const char *label;
    unsigned char *der;
    size_t der_len;
    if (!openssl_unwrap(bytes, len, &label, &der, &der_len, err))
        return false;
    bool ok = strcmp(label, "PUBLIC KEY") == 0
                  ? error_set(err, INVALID, "this is a public key, not a private one")
                  : der_read(der, der_len, passphrase, out, err);
    OPENSSL_clear_free(der, der_len);
    return ok;
}

bool private_key_is_encrypted(const void *bytes, size_t len)
{
    struct error err;
    const char *label;
    unsigned char *der;
    size_t der_len;
    if (!openssl_unwrap(bytes, len, &label, &der, &der_len, &err))
        return false;
    CLEANUP(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = plain_decode(der, der_len);
    CLEANUP(X509_SIG_freep) X509_SIG *sealed = info ? NULL : encrypted_decode(der, der_len);
    OPENSSL_clear_free(der, der_len);
    return sealed != NULL;
}

static X509_SIG *info_encrypt(PKCS8_PRIV_KEY_INFO *info, struct passphrase passphrase)
{
    X509_ALGOR *pbe =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *sealed =
        pbe ? PKCS8_set0_pbe(passphrase.bytes, (int)passphrase.len, info, pbe) : NULL;
    if (!sealed)
        X509_ALGOR_free(pbe);
    return sealed;
}

bool private_key_write(const struct private_key *key, struct passphrase passphrase, struct buf *out,
                       struct error *err)
{
    CLEANUP(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    CLEANUP(BIO_free_allp) BIO *bio = BIO_new(BIO_s_secmem());
    if (!info || !bio)
        return openssl_failed(err, "write a key");
    bool ok;
    if (passphrase.bytes) {
        CLEANUP(X509_SIG_freep) X509_SIG *sealed = info_encrypt(info, passphrase);
        ok = sealed && PEM_write_bio_PKCS8(bio, sealed) == 1;
    } else
        ok = PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1;
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    if (!ok || len <= 0)
        return openssl_failed(err, "write a key");
    return buf_append(out, text, (size_t)len, err);
}

struct public_key *private_key_public(const struct private_key *key)
{
    struct error err;
    struct public_key *public;
    if (EVP_PKEY_up_ref(key->pkey) != 1 || !openssl_public_key(key->pkey, &public, &err))
        abort(); /* the key is of a kind that we made or read ourselves */
    return public;
}

static bool spki_read(const unsigned char *der, size_t len, struct public_key **out,
                      struct error *err)
{
    struct public_key *plain = openssl_spki_plain(der, len);
    if (plain) {
        *out = plain;
        return true;
    }
    const unsigned char *at = der;
    CLEANUP(EVP_PKEY_freep) EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)len);
    ERR_clear_error();
    if (!pkey || at != der + len)
        return error_set(err, INVALID, "this is no public key (SubjectPublicKeyInfo)");
    if (!openssl_public_key(pkey, out, err))
        return false;
    pkey = NULL; /* the key has it now */
    return true;
}

bool public_key_read(const void *bytes, size_t len, struct public_key **out, struct error *err)
{
    const char *label;
    unsigned char *der;
    size_t der_len;
    if (!openssl_unwrap(bytes, len, &label, &der, &der_len, err))
        return false;
    bool ok;
    if (*label && strcmp(label, "PUBLIC KEY") != 0)
        ok = error_set(err, INVALID, "this is a private key, not a public one");
    else
        ok = spki_read(der, der_len, out, err);
    OPENSSL_clear_free(der, der_len);
    return ok;
}

void public_key_free(struct public_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key->der);
    free(key);
}

enum key_type public_key_type(const struct public_key *key)
{
    return key->type;
}

const char *public_key_id(const struct public_key *key)
{
    return key->id;
}

const void *public_key_der(const struct public_key *key, size_t *out_len)
{
    *out_len = key->der_len;
    return key->der;
}

const char *public_key_pem(const struct public_key *key, struct arena *arena)
{
    CLEANUP(BIO_free_allp) BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    if (!bio || PEM_write_bio_PUBKEY(bio, key->pkey) != 1)
        abort(); /* out of memory: the key was encoded before */
    long len = BIO_get_mem_data(bio, &text);
    return arena_strndup(arena, text, (size_t)len);
}
