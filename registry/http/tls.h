/*
 * What the HTTPS listener shows: a certificate with its chain, and the key. Both can be replaced
 * while connections are open: those that begin afterwards get the new ones.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct tls;

struct tls_files {
    const char *cert, *key; /* PEM: the certificate, then those between it and its root; PKCS#8 */
};

/*
 * Fails, naming the file, when one cannot be read, is no such thing or is encrypted, when the
 * certificate is not valid now, and when the key is another's.
 */
bool tls_new(const struct tls_files *files, struct tls **out, struct error *err) MUST_CHECK;
/* As tls_new; before a failure nothing has changed. *out_changed: they are not the same as before.
 */
bool tls_replace(struct tls *tls, const struct tls_files *files, bool *out_changed,
                 struct error *err) MUST_CHECK;
/* No connection may use it any more. NULL is allowed. */
void tls_free(struct tls *tls);
DEFINE_CLEANUP(struct tls *, tls_free)
