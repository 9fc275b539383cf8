#include "lib/crypto/openssl.h"

#include <openssl/core_names.h>
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

/* The DER of a key of each kind is these bytes and then the key's own. */
static const struct spki {
    enum key_type type;
    size_t key_len;
    size_t prefix_len;
    unsigned char prefix[27];
} spki_forms[] = {
    { KEY_ED25519,
      32,
      12,
      { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0 } },
    /* an uncompressed point */
    { KEY_ECDSA_P256, 64, 27, { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 } },
};

static EVP_PKEY *point_read(const unsigned char *point, size_t len)
{
    CLEANUP(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    char group[] = SN_X9_62_prime256v1;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, len),
        OSSL_PARAM_construct_end(),
    };
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return pkey;
}

struct public_key *openssl_spki_plain(const unsigned char *der, size_t len)
{
    const struct spki *form = NULL;
    for (size_t i = 0; i < COUNT(spki_forms) && !form; i++)
        if (len == spki_forms[i].prefix_len + spki_forms[i].key_len &&
            memcmp(der, spki_forms[i].prefix, spki_forms[i].prefix_len) == 0)
            form = &spki_forms[i];
    if (!form)
        return NULL;
    const unsigned char *bytes = der + form->prefix_len;
    EVP_PKEY *pkey =
        form->type == KEY_ED25519
            ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, form->key_len)
            : point_read(bytes - 1, form->key_len + 1); /* with its 4, for "uncompressed" */
    ERR_clear_error();
    if (!pkey)
        return NULL;
    struct public_key *key = xnew(struct public_key);
    *key = (struct public_key){ .pkey = pkey, .type = form->type, .der_len = len };
    key->der = OPENSSL_memdup(der, len);
    if (!key->der)
        abort();
    sha256_hex(der, len, key->id);
    return key;
}

/* Text without the white space around it. */
static void trim(const char **text, size_t *len)
{
    while (*len && memchr(" \t\r\n", **text, 4)) {
        (*text)++;
        (*len)--;
    }
    while (*len && memchr(" \t\r\n", (*text)[*len - 1], 4))
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
