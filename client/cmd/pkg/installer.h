/* Installing a fetched pack: the checks, the question, the act. Shared by pull and update. */
#pragma once

#include "client/cmd/pkg/fetch.h"

struct installer_options {
    bool force, yes, allow_downgrade, dry_run, quiet;
    const char *accept_signer; /* a key id, or "key:" and it */
};

/* *report gets what was done, for --json. *out_changed is false when it was there already, or the
 * user said no. */
bool installer_run(struct session *session, const struct remote *remote, struct fetched *fetched,
                   const struct installer_options *options, struct doc *report, bool *out_changed,
                   struct error *err) MUST_CHECK;
