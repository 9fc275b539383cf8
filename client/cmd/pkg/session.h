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
};

/* allow_http: --allow-http was given. */
bool session_open(bool allow_http, struct session *session, struct error *err) MUST_CHECK;
void session_close(struct session *session);

/* The registry for a namespace (or NULL), with the token for it when there is one. */
bool session_remote(struct session *session, const char *registry_option, const char *namespace,
                    struct remote *out, struct error *err) MUST_CHECK;
