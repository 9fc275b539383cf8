#include "lib/crypto/openssl.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "lib/base/record.h"
#include "lib/digest/sha256.h"

const char *const key_type_names[] = { "ecdsa-p256", "ed25519", NULL };

bool openssl_failed(struct error *err, const char *doing)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    error_set(err, INTERNAL, "%s: %s", doing, reason ? reason : "failed");
    ERR_clear_error();
    return false;
}

bool openssl_key_type(const EVP_PKEY *pkey, enum key_type *out, struct error *err)
{
    char curve[32] = "";
    int id = EVP_PKEY_get_base_id(pkey);
    if (id == EVP_PKEY_ED25519)
        return *out = KEY_ED25519, true;
    if (id == EVP_PKEY_EC && EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) == 1 &&
        strcmp(curve, SN_X9_62_prime256v1) == 0)
        return *out = KEY_ECDSA_P256, true;
    ERR_clear_error();
    const char *name = *curve ? curve : OBJ_nid2sn(id);
    error_set(err, UNSUPPORTED, "keys of the kind %s are not supported", name ? name : "given");
    return error_hint(err, "ECDSA P-256 and Ed25519 are");
}

bool openssl_public_key(EVP_PKEY *pkey, struct public_key **out, struct error *err)
{
    enum key_type type;
    if (!openssl_key_type(pkey, &type, err))
        return false;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return openssl_failed(err, "public key");
    struct public_key *key = xnew(struct public_key);
    *key = (struct public_key){ .pkey = pkey, .type = type, .der = der, .der_len = (size_t)len };
    sha256_hex(der, key->der_len, key->id);
    *out = key;
    return true;
}

/* Text without the white space around it. */
static void trim(const char **text, size_t *len)
{
    while (*len && strchr(" \t\r\n", **text)) {
        (*text)++;
        (*len)--;
    }
    while (*len && (*text)[*len - 1] && strchr(" \t\r\n", (*text)[*len - 1]))
        (*len)--;
}

static bool bare_unwrap(const char *text, size_t len, unsigned char **out, size_t *out_len,
                        struct error *err)
{
    unsigned char *der = OPENSSL_malloc(len + 1);
    if (!der)
        abort();
    if (base64_decode(text, len, der, out_len)) {
        *out = der;
        return true;
    }
    OPENSSL_clear_free(der, len + 1);
    error_set(err, INVALID, "this is no key");
    return error_hint(err, "expected PEM (-----BEGIN …), or base64 of a key's DER");
}

/* What other programs call keys; a name of this list is never somebody's text. */
static bool label_refuse(const char *name, struct error *err)
{
    static const char *const known[] = {
        "EC PRIVATE KEY",      "RSA PRIVATE KEY", "DSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY", "CERTIFICATE",     "ENCRYPTED COSIGN PRIVATE KEY",
        "EC PARAMETERS",       "RSA PUBLIC KEY",  "ENCRYPTED SIGSTORE PRIVATE KEY",
    };
    const char *found = "an unknown kind";
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(name, known[i]) == 0)
            found = known[i];
    error_set(err, INVALID, "the PEM block is %s, not a key in PKCS#8 (or SPKI, if public)", found);
    return error_hint(err, "openssl pkcs8 -topk8 makes PKCS#8 of other private keys");
}

/* Our own reading of PEM's frame: OpenSSL's skips what stands before and behind a block. */
static bool pem_unwrap(const char *text, size_t len, const char **label, unsigned char **out,
                       size_t *out_len, struct error *err)
{
    static const char *const labels[] = { "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PUBLIC KEY" };
    CLEANUP(BIO_free_allp) BIO *bio = BIO_new_mem_buf(text, (int)len);
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long der_len = 0;
    bool ok = bio && PEM_read_bio_ex(bio, &name, &header, &der, &der_len, PEM_FLAG_SECURE) == 1;
    bool alone = ok && BIO_ctrl_pending(bio) == 0 && *header == '\0';
    *label = NULL;
    for (size_t i = 0; alone && i < COUNT(labels); i++)
        if (strcmp(name, labels[i]) == 0)
            *label = labels[i];
    bool other = alone && !*label && !label_refuse(name, err);
    OPENSSL_secure_free(name);
    OPENSSL_secure_free(header);
    if (alone && *label) {
        *out = OPENSSL_memdup(der, (size_t)der_len);
        *out_len = (size_t)der_len;
    }
    OPENSSL_secure_clear_free(der, (size_t)der_len);
    ERR_clear_error();
    if (alone && *label)
        return *out || (abort(), false);
    return !other && error_set(err, INVALID, "this is no PEM file with one key and nothing else");
}

bool openssl_unwrap(const void *bytes, size_t len, const char **label, unsigned char **out,
                    size_t *out_len, struct error *err)
{
    const char *text = bytes;
    if (len > LIMIT_KEY_BYTES)
        return error_set(err, TOO_LARGE, "a key has %zu bytes at most", LIMIT_KEY_BYTES);
    *label = "";
    if (len && text[0] == 0x30) { /* a DER sequence; base64 of one begins with an M */
        *out = OPENSSL_memdup(bytes, len);
        *out_len = len;
        return *out || (abort(), false);
    }
    trim(&text, &len);
    if (len >= 11 && memcmp(text, "-----BEGIN ", 11) == 0)
        return pem_unwrap(text, len, label, out, out_len, err);
    return bare_unwrap(text, len, out, out_len, err);
}
