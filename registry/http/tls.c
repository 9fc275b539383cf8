#include "registry/http/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "registry/http/internal.h"

/* Those before stay: a connection uses what it was given until it ends. */
struct identity {
    struct identity *before;
    gnutls_pcert_st chain[LIMIT_TLS_CHAIN];
    unsigned chain_len;
    gnutls_privkey_t key;
};

struct tls {
    struct identity *_Atomic now;
};

static void identity_free(struct identity *identity)
{
    if (!identity)
        return;
    for (unsigned i = 0; i < identity->chain_len; i++)
        gnutls_pcert_deinit(&identity->chain[i]);
    gnutls_privkey_deinit(identity->key);
    free(identity);
}
DEFINE_CLEANUP(struct identity *, identity_free)

static void x509_key_free(gnutls_x509_privkey_t key)
{
    if (key)
        gnutls_x509_privkey_deinit(key);
}
DEFINE_CLEANUP(gnutls_x509_privkey_t, x509_key_free)

static void x509_free(gnutls_x509_crt_t cert)
{
    if (cert)
        gnutls_x509_crt_deinit(cert);
}
DEFINE_CLEANUP(gnutls_x509_crt_t, x509_free)

static bool pem_read(const char *path, size_t max, struct arena *arena, gnutls_datum_t *out,
                     struct error *err)
{
    const char *text;
    size_t len;
    if (!file_read_path(path, max, arena, &text, &len, err))
        return false;
    out->data = (unsigned char *)(uintptr_t)text; /* NOLINT(performance-no-int-to-ptr): only read */
    out->size = (unsigned)len;
    return true;
}

static bool is_valid_now(const char *path, gnutls_x509_crt_t cert, struct error *err)
{
    char text[CLOCK_TEXT_MAX];
    int64_t now_us = clock_now_us();
    int64_t from_us = (int64_t)gnutls_x509_crt_get_activation_time(cert) * CLOCK_SECOND;
    int64_t until_us = (int64_t)gnutls_x509_crt_get_expiration_time(cert) * CLOCK_SECOND;
    bool early = now_us < from_us;
    if (!early && now_us < until_us)
        return true;
    clock_print(early ? from_us : until_us, text);
    return error_set(err, INVALID, "%s: the certificate %s %s", path,
                     early ? "is not valid before" : "has expired:", text);
}

static bool cert_read(const char *path, struct identity *identity, gnutls_x509_crt_t *out,
                      struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(x509_freep) gnutls_x509_crt_t first = NULL;
    gnutls_datum_t pem;
    if (!pem_read(path, LIMIT_CONFIG_BYTES, arena, &pem, err))
        return false;
    unsigned count = LIMIT_TLS_CHAIN;
    int rc = gnutls_pcert_list_import_x509_raw(identity->chain, &count, &pem, GNUTLS_X509_FMT_PEM,
                                               GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return error_set(err, TOO_LARGE, "%s: over %d certificates", path, LIMIT_TLS_CHAIN);
    if (rc < 0 || count == 0)
        return error_set(err, INVALID, "%s: there is no certificate in PEM", path);
    identity->chain_len = count;
    if (gnutls_x509_crt_init(&first) < 0)
        abort();
    if (gnutls_x509_crt_import(first, &identity->chain[0].cert, GNUTLS_X509_FMT_DER) < 0)
        return error_set(err, INVALID, "%s: the certificate cannot be read", path);
    if (!is_valid_now(path, first, err))
        return false;
    *out = STEAL(first);
    return true;
}

/* As x509_privkey, so that the two can be compared. */
static bool key_parse(const char *path, const gnutls_datum_t *pem, gnutls_x509_privkey_t key,
                      struct error *err)
{
    int rc = gnutls_x509_privkey_import2(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED) {
        error_set(err, INVALID, "%s: the key is encrypted", path);
        return error_hint(err, "a server has nobody to ask: openssl pkcs8 -in KEY -out PLAIN");
    }
    return rc >= 0 || error_set(err, INVALID, "%s: there is no private key in PEM", path);
}

static bool key_read(const struct tls_files *files, gnutls_x509_crt_t cert,
                     struct identity *identity, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(x509_key_freep) gnutls_x509_privkey_t key = NULL;
    unsigned char of_cert[64], of_key[64];
    size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
    gnutls_datum_t pem;
    if (!pem_read(files->key, LIMIT_KEY_BYTES, arena, &pem, err))
        return false;
    if (gnutls_x509_privkey_init(&key) < 0)
        abort();
    bool ok = key_parse(files->key, &pem, key, err);
    secret_wipe(pem.data, pem.size);
    if (!ok)
        return false;
    if (gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, of_cert, &cert_len) < 0 ||
        gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) < 0 ||
        cert_len != key_len || memcmp(of_cert, of_key, key_len) != 0)
        return error_set(err, INVALID, "%s: the key does not belong to the certificate in %s",
                         files->key, files->cert);
    if (gnutls_privkey_init(&identity->key) < 0 ||
        gnutls_privkey_import_x509(identity->key, key, GNUTLS_PRIVKEY_IMPORT_COPY) < 0)
        abort();
    return true;
}

static bool identity_read(const struct tls_files *files, struct identity **out, struct error *err)
{
    CLEANUP(identity_freep) struct identity *identity = xnew(struct identity);
    CLEANUP(x509_freep) gnutls_x509_crt_t cert = NULL;
    if (!cert_read(files->cert, identity, &cert, err))
        return error_prefix(err, "tls.cert");
    if (!key_read(files, cert, identity, err))
        return error_prefix(err, "tls.key");
    *out = STEAL(identity);
    return true;
}

/* A certificate says which key it is of, so the certificates tell. */
static bool is_same(const struct identity *a, const struct identity *b)
{
    bool same = a->chain_len == b->chain_len;
    for (unsigned i = 0; same && i < a->chain_len; i++) {
        const gnutls_datum_t *one = &a->chain[i].cert, *other = &b->chain[i].cert;
        same = one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
    }
    return same;
}

bool tls_new(const struct tls_files *files, struct tls **out, struct error *err)
{
    struct identity *identity;
    if (!identity_read(files, &identity, err))
        return false;
    *out = xnew(struct tls);
    atomic_init(&(*out)->now, identity);
    return true;
}

bool tls_replace(struct tls *tls, const struct tls_files *files, bool *out_changed,
                 struct error *err)
{
    CLEANUP(identity_freep) struct identity *identity = NULL;
    if (!identity_read(files, &identity, err))
        return false;
    *out_changed = !is_same(identity, atomic_load(&tls->now));
    if (*out_changed) {
        identity->before = atomic_load(&tls->now);
        atomic_store(&tls->now, STEAL(identity));
    }
    return true;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    for (struct identity *identity = atomic_load(&tls->now), *before; identity; identity = before) {
        before = identity->before;
        identity_free(identity);
    }
    free(tls);
}

/* NOLINTNEXTLINE(readability-function-size): the signature is GnuTLS's */
static int retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **chain, unsigned *chain_len, gnutls_ocsp_data_st **ocsp,
                    unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags)
{
    (void)info;
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *about =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct tls *tls = link_tls(about->socket_context);
    struct identity *identity = atomic_load(&tls->now);
    *chain = identity->chain;
    *chain_len = identity->chain_len;
    *key = identity->key;
    *ocsp = NULL;
    *ocsp_len = 0;
    *flags = 0; /* they stay ours */
    return 0;
}

void *tls_callback(void)
{
    gnutls_certificate_retrieve_function3 *callback = retrieve;
    void *pointer;
    memcpy((void *)&pointer, (const void *)&callback, sizeof(pointer)); /* as an option wants it */
    return pointer;
}
