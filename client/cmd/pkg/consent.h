/* What is shown before anything is installed, and the question. */
#pragma once

#include "client/cmd/pkg/fetch.h"

struct consent {
    const struct store *store;
    const struct fetched *fetched;
    const struct install *install;
    const char *known_signer; /* NULL: this is the first time */
    size_t signer_packs;      /* others of the namespace that are signed with this key */
};

/* On stderr. */
bool consent_show(const struct consent *consent, struct arena *arena, struct error *err) MUST_CHECK;

/* The same as a document: permissions, widened, wiring, signer. */
bool consent_doc(const struct consent *consent, struct arena *arena, struct doc *out,
                 struct error *err) MUST_CHECK;
