/* The Secret Service, if this desktop has one (for secret.c alone). */
#pragma once

#include "client/secret/secret.h"

/* False, without a reason, whenever there is no keyring or it does not do it. */
bool keyring_find(const struct secret_name *name, struct buf *out);
bool keyring_save(const struct secret_name *name, const char *secret);
bool keyring_remove(const struct secret_name *name);
