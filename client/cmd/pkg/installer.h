/* Installing a fetched pack: the checks, the question, the act. Shared by pull and update. */
#pragma once

#include "client/cmd/pkg/fetch.h"

struct installer_options {
    bool force, yes, allow_downgrade, dry_run, quiet;
    bool spares_pinned;        /* a pack that is pinned is not touched */
    const char *accept_signer; /* a key id, or "key:" and it */
};

enum installer_result {
    INSTALLER_THERE, /* that very pack was installed already */
    INSTALLER_WOULD, /* a dry run */
    INSTALLER_DONE,
};

/* *report gets what was found out, for --json; also of a pack that is refused, as far as it went.
 */
bool installer_run(struct session *session, const struct remote *remote, struct fetched *fetched,
                   const struct installer_options *options, struct doc *report,
                   enum installer_result *out, struct error *err) MUST_CHECK;
