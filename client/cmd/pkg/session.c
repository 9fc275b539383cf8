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

/* is_chosen: the variable, which does not say whose token it holds, is for this registry. */
static bool token_find(struct session *session, const char *base, bool is_chosen, struct error *err)
{
    const char *variable = env_get("NONO_TOKEN");
    buf_wipe(&session->token);
    session->token_place = SECRET_NOWHERE;
    if (is_chosen && variable && *variable)
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

static bool base_of(struct session *session, const char *url, const char **out, struct error *err)
{
    return url_base(scheme_add(url, session->arena), session->allow_plain, session->arena, out,
                    err) ||
           error_prefix(err, "registry");
}

static bool remote_open(struct session *session, const char *base, bool is_chosen,
                        struct remote *out, struct error *err)
{
    if (!token_find(session, base, is_chosen, err))
        return error_prefix(err, "registry");
    *out = (struct remote){ .http = session->http, .base = base };
    if (session->token.len)
        out->token = session->token.data;
    return true;
}

bool session_remote(struct session *session, const char *registry_option, const char *namespace,
                    struct remote *out, struct error *err)
{
    const char *base;
    return base_of(session, config_registry(&session->config, registry_option, namespace), &base,
                   err) &&
           remote_open(session, base, true, out, err);
}

bool session_remote_at(struct session *session, const char *url, const char *registry_option,
                       const char *namespace, struct remote *out, struct error *err)
{
    const char *chosen = config_registry(&session->config, registry_option, namespace), *base;
    struct error ignored; /* a choice that is no address is not this one */
    if (!base_of(session, url, &base, err))
        return false;
    bool is_chosen = base_of(session, chosen, &chosen, &ignored) && strcmp(chosen, base) == 0;
    return remote_open(session, base, is_chosen, out, err);
}
