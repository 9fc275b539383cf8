#include "lib/crypto/sign.h"

#include "lib/crypto/openssl.h"

static const EVP_MD *digest_of(enum key_type type)
{
    return type == KEY_ECDSA_P256 ? EVP_sha256() : NULL;
}

bool signature_make(const struct private_key *key, const void *message, size_t len,
                    unsigned char out[SIGNATURE_MAX], size_t *out_len, struct error *err)
{
    CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t size = SIGNATURE_MAX;
    if (!ctx || EVP_DigestSignInit(ctx, NULL, digest_of(key->type), NULL, key->pkey) != 1 ||
        EVP_DigestSign(ctx, out, &size, message, len) != 1)
        return openssl_failed(err, "sign");
    *out_len = size;
    return true;
}

bool signature_check(const struct public_key *key, const void *message, size_t len,
                     const void *signature, size_t signature_len)
{
    CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, digest_of(key->type), NULL, key->pkey) == 1 &&
              EVP_DigestVerify(ctx, signature, signature_len, message, len) == 1;
    ERR_clear_error();
    return ok;
}
