#include "client/cmd/pkg/session.h"

#include <string.h>

#include "lib/base/env.h"

static void progress_show(void *context, uint64_t done, uint64_t total)
{
    struct session *session = context;
    if (session->progress.what)
        ui_progress_show(&session->progress, done, total);
}

bool session_open(bool allow_http, struct session *session, struct error *err)
{
    *session = (struct session){ .arena = arena_new(), .allow_plain = allow_http };
    buf_init(&session->token, LIMIT_SECRET_BYTES);
    if (!folders_find(session->arena, &session->folders, err) ||
        !config_load(&session->folders, session->arena, &session->config, err))
        return false;
    const struct http_setup setup = {
        .allow_plain = allow_http,
        .progress = progress_show,
        .context = session,
    };
    session->http = http_new(&setup);
    return true;
}

void session_close(struct session *session)
{
    ui_progress_end(&session->progress);
    http_free(session->http);
    buf_wipe(&session->token);
    if (session->arena)
        arena_free(session->arena);
}

static bool token_find(struct session *session, const char *base, struct error *err)
{
    const char *variable = env_get("NONO_TOKEN");
    buf_wipe(&session->token);
    session->token_place = SECRET_NOWHERE;
    if (variable && *variable)
        return buf_text(&session->token, variable, err);
    const struct secret_name name = { "token", base };
    return secret_find(session->folders.config, &name, &session->token, &session->token_place, err);
}

/* "registry.example.org", as people write it: https, and http to this machine. */
static const char *scheme_add(const char *url, struct arena *arena)
{
    if (!*url || strstr(url, "://"))
        return url;
    const char *plain = arena_printf(arena, "http://%s", url);
    return url_is_loopback(plain) ? plain : arena_printf(arena, "https://%s", url);
}

bool session_remote(struct session *session, const char *registry_option, const char *namespace,
                    struct remote *out, struct error *err)
{
    const char *url = config_registry(&session->config, registry_option, namespace), *base;
    url = scheme_add(url, session->arena);
    if (!url_base(url, session->allow_plain, session->arena, &base, err) ||
        !token_find(session, base, err))
        return error_prefix(err, "registry");
    *out = (struct remote){ .http = session->http, .base = base };
    if (session->token.len)
        out->token = session->token.data;
    return true;
}
