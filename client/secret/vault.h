/*
 * The file of secrets, for machines without a keyring: credentials.json, one JSON object, 0600.
 *
 * It is the same file for as long as it is there: sandboxes under way cover that one, and would
 * show another that took its name. A new text is first written whole beside the signing keys, in a
 * folder that they cover as well, and counts from then on: a kill or a power cut at any point
 * leaves the old text or the new one.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

/* The arena holds secrets: the document, and what was read and printed. */
struct vault {
    struct arena *arena;
    const char *folder; /* nono's configuration */
    struct doc *doc;    /* NULL: there is no file */
    int keys;           /* the folder of keys, locked; -1: to look only */
};

/* Fails when others can read the file, with the command that mends it. */
bool vault_look(const char *folder, struct vault *out, struct error *err) MUST_CHECK;
/* To change it: nobody else does meanwhile. Makes the folders. */
bool vault_lock(const char *folder, struct vault *out, struct error *err) MUST_CHECK;
/* Also after a failure. Wipes what was read. */
void vault_close(struct vault *vault);

/* NULL: none. Lives as long as the vault. */
const char *vault_get(const struct vault *vault, const char *key);
/* secret NULL: forgets it. The vault is to be closed then. */
bool vault_set(const struct vault *vault, const char *key, const char *secret, struct error *err)
    MUST_CHECK;
