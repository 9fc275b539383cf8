/* What every command that talks to a registry has: folders, configuration, a connection, a token.
 */
#pragma once

#include "client/cmd/pkg/config.h"
#include "client/remote/remote.h"
#include "client/secret/secret.h"
#include "client/ui/term.h"

struct session {
    struct arena *arena;
    struct folders folders;
    struct config config;
    struct http *http;
    struct ui_progress progress;
    struct buf token;
    enum secret_place token_place; /* SECRET_NOWHERE also when NONO_TOKEN is used */
    bool allow_plain;
    bool unchosen; /* session_remote gave the public registry for want of another */
};

/* allow_http: --allow-http was given. */
bool session_open(bool allow_http, struct session *session, struct error *err) MUST_CHECK;
void session_close(struct session *session);

/* What a header can carry: text without blanks. */
bool session_is_token(const char *text);

/* " --registry URL", for advice: what a command needs to ask this registry; "" when it would
 * anyway. */
const char *session_option(struct session *session, const char *base, const char *namespace);

/* The registry that the user chose for a namespace (or NULL), with NONO_TOKEN or the token that is
 * kept for it, when there is one. */
bool session_remote(struct session *session, const char *registry_option, const char *namespace,
                    struct remote *out, struct error *err) MUST_CHECK;

/* The registry at an address that some record has. NONO_TOKEN goes to it only when it is the one
 * that session_remote() would give: a token for one registry is not shown to another. */
bool session_remote_at(struct session *session, const char *url, const char *registry_option,
                       const char *namespace, struct remote *out, struct error *err) MUST_CHECK;

/* Of a remote of this session: the token that is kept for it, where there is one, in place of
 * NONO_TOKEN. */
bool session_prefer_kept(struct session *session, struct remote *remote, struct error *err)
    MUST_CHECK;
