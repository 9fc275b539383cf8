/*
 * The user's signing keys. A key with a name has its private half in the desktop keyring, or in
 * keys/NAME.pem of nono's configuration folder (PKCS#8, mode 0600, encrypted or not), and its
 * public half in keys/NAME.pub. A key without one is a PKCS#8 file anywhere.
 */
#pragma once

#include "client/store/folders.h"
#include "lib/base/record.h"
#include "lib/crypto/key.h"

struct key_facts {
    const char *name;
    const char *path; /* of the private half; NULL: in the keyring */
    bool encrypted;   /* under a passphrase */
    /* Of the public half; NULL when they cannot be known without the passphrase, or problem says
     * why not (key_list alone). */
    const char *type, *id, *public_pem;
    const char *problem;
};

/* A name has neither '/' nor ".pem". */
bool key_is_path(const char *name);

/*
 * A name has neither '/' nor ".pem"; everything else is a path. The passphrase is asked for only
 * when there is no public half beside an encrypted key.
 */
bool key_find(const struct folders *folders, const char *name_or_file, struct arena *arena,
              struct key_facts *out, struct error *err) MUST_CHECK;

/* struct key_facts of each key with a name, sorted; nothing is asked for. */
bool key_list(const struct folders *folders, struct arena *arena, struct list *out,
              struct error *err) MUST_CHECK;

/* NULL: the only key that there is. An encrypted one asks for its passphrase. */
bool key_load(const struct folders *folders, const char *name_or_file, struct private_key **out,
              struct error *err) MUST_CHECK;

/* A private key of any file, or of standard input ("-"). What was asked for is in passphrase, of
 * PASSPHRASE_ROOM, "" when it was not encrypted; the caller wipes it. */
bool key_read(const char *file, char *passphrase, struct private_key **out, struct error *err)
    MUST_CHECK;

struct key_keeping {
    const char *name;
    const struct private_key *key;
    const char *passphrase; /* for a file; "" for none */
    bool in_file;           /* even when there is a keyring */
};

/* In the keyring if it takes it, else in a file. CONFLICT when the name or the key is there. */
bool key_keep(const struct folders *folders, const struct key_keeping *keeping, struct arena *arena,
              struct key_facts *out, struct error *err) MUST_CHECK;

/* Both halves, wherever they are. */
bool key_remove(const struct folders *folders, const char *name, struct error *err) MUST_CHECK;
