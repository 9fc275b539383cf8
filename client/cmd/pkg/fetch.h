/*
 * From a reference to bytes that are proven: resolve, download or find in the cache, check the
 * archive, the signature and what it binds. Nothing is installed, and nobody is asked, here.
 */
#pragma once

#include "client/cmd/pkg/session.h"
#include "client/install/install.h"
#include "lib/pack/ref.h"
#include "lib/trust/verify.h"

struct fetched {
    struct pack_ref ref;
    struct pull_document document;
    struct pack_index index;
    struct archive_source source; /* of the cache's file: fd is closed by fetched_close */
    const char *bundle;
    size_t bundle_len;
    struct verdict verdict;
    const char *signer;      /* "key:<id>" */
    const char *signer_name; /* as the organisation calls the key, or NULL */
    bool signer_revoked;     /* since: a key that was revoked before is no good */
    bool from_cache;
};

/* The exact version that a reference means: for ranges the newest release that is not yanked. */
bool fetch_resolve(const struct remote *remote, struct pack_ref *ref, struct arena *arena,
                   struct error *err) MUST_CHECK;

/* ref as asked for; out->ref has the version that came. */
bool fetch_pack(struct session *session, const struct remote *remote, const struct pack_ref *ref,
                struct fetched *out, struct error *err) MUST_CHECK;
void fetched_close(struct fetched *fetched);
