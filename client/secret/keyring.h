/*
 * The desktop keyring: the Secret Service, through libsecret. UNAVAILABLE when this session has
 * none or it does not do it (locked, and nobody unlocks it), NOT_FOUND when it holds nothing of the
 * name.
 */
#pragma once

#include "client/secret/secret.h"

/* At most LIMIT_SECRET_BYTES. The caller wipes out (buf_wipe). */
bool keyring_find(const struct secret_name *name, struct buf *out, struct error *err) MUST_CHECK;
bool keyring_save(const struct secret_name *name, const char *secret, struct error *err) MUST_CHECK;
bool keyring_remove(const struct secret_name *name, struct error *err) MUST_CHECK;
