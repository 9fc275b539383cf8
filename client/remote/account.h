/* Accounts: device login (RFC 8628), who a token is, and giving it up. */
#pragma once

#include "client/remote/remote.h"

struct device_login {
    const char *device_code; /* a secret */
    const char *user_code, *verification_uri, *verification_uri_complete;
    uint64_t expires_in, interval; /* seconds */
};
bool remote_device_start(const struct remote *remote, const char *scope, struct arena *arena,
                         struct device_login *out, struct error *err) MUST_CHECK;

/* One question. *out_token is NULL while the person has not decided; *slower: ask less often.
 * DENIED and GONE end the login. */
bool remote_device_poll(const struct remote *remote, const struct device_login *login,
                        struct arena *arena, const char **out_token, bool *out_slower,
                        struct error *err) MUST_CHECK;

struct whoami_user {
    const char *login, *display_name;
    bool is_admin;
};
struct whoami_organisation {
    const char *name, *role;
};
struct whoami_token {
    const char *name, *expires_at;
    struct list scopes; /* of const char * */
};
struct whoami {
    struct whoami_user *user;
    struct list organisations; /* of struct whoami_organisation */
    struct whoami_token *token;
};
extern const struct record whoami_record;
/* UNAUTHORIZED when the token is no good. */
bool remote_whoami(const struct remote *remote, struct arena *arena, struct whoami *out,
                   struct error *err) MUST_CHECK;

/* Revokes the token that it is asked with. */
bool remote_logout(const struct remote *remote, struct arena *arena, struct error *err) MUST_CHECK;
