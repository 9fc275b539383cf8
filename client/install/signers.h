/*
 * known_signers.json: who signed the packs that were ever installed here. A pack's signer is
 * pinned when it is first installed, and stays pinned when it is removed.
 */
#pragma once

#include "client/store/store.h"

#define SIGNERS_NAME "known_signers.json" /* in the folder of the configuration */

/* "key:<id>"; NULL when the pack is not known. The lock file counts as well. In arena. */
bool signer_find(const struct store *store, const char *key, struct arena *arena, const char **out,
                 struct error *err) MUST_CHECK;

/* How many other packs of the namespace this signer is known for. */
bool signer_known_for(const struct store *store, const char *namespace, const char *signer,
                      size_t *out, struct error *err) MUST_CHECK;

/* Whether known_signers.json itself has it, whatever the lock file says. */
bool signer_is_pinned(const struct store *store, const char *key, const char *signer, bool *out,
                      struct error *err) MUST_CHECK;

/* The file as it is with that pin, for an install to write along with the rest. In arena. */
bool signers_print(const struct store *store, const char *key, const char *signer,
                   struct arena *arena, const char **out, struct error *err) MUST_CHECK;

/* Pins; replaces what was pinned. The store is open for writing. */
bool signer_pin(const struct store *store, const char *key, const char *signer, struct error *err)
    MUST_CHECK;
