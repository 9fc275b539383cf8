/*
 * Where the client keeps secrets: the desktop keyring (the Secret Service, through libsecret) when
 * there is one, else a file that only this user can read. libsecret is loaded when it is needed
 * and never linked.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define LIMIT_SECRET_BYTES 4096

enum secret_place { SECRET_NOWHERE, SECRET_IN_KEYRING, SECRET_IN_FILE };

/* What a secret is of: "token" and a registry's URL, "signing-key" and a key's id. */
struct secret_name {
    const char *kind, *of;
};

/*
 * folder is nono's configuration folder; the file there is client/secret/vault.h's. *out_place says
 * where it was, SECRET_NOWHERE when there is none. The caller wipes out (buf_wipe). A file that
 * others can read is refused.
 */
bool secret_find(const char *folder, const struct secret_name *name, struct buf *out,
                 enum secret_place *out_place, struct error *err) MUST_CHECK;

/* The keyring if it takes it (the file then forgets it), else the file. Text of at most
 * LIMIT_SECRET_BYTES. */
bool secret_save(const char *folder, const struct secret_name *name, const char *secret,
                 enum secret_place *out_place, struct error *err) MUST_CHECK;

/* From both. Nothing there is success. */
bool secret_remove(const char *folder, const struct secret_name *name, struct error *err)
    MUST_CHECK;
