/*
 * The user's signing keys: PKCS#8 PEM files, in keys/NAME.pem of nono's configuration folder or
 * anywhere else. An encrypted one is opened with the passphrase of the keyring, or one that is
 * typed.
 */
#pragma once

#include "client/store/folders.h"
#include "lib/base/record.h"
#include "lib/crypto/key.h"

/* A name has neither '/' nor ".pem"; everything else is a path. NULL: the only key that there is.
 */
bool key_load(const struct folders *folders, const char *name_or_file, struct private_key **out,
              struct error *err) MUST_CHECK;

/* Names of the keys in the folder: const char * each. */
bool key_names(const struct folders *folders, struct arena *arena, struct list *out,
               struct error *err) MUST_CHECK;

/* Makes keys/NAME.pem, CONFLICT when there is one. With passphrase: asked for, twice. */
bool key_create(const struct folders *folders, const char *name, enum key_type type,
                bool with_passphrase, struct private_key **out, struct error *err) MUST_CHECK;
