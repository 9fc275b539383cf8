#include "client/cmd/pkg/session.h"

#include <string.h>

#include "lib/base/env.h"
#include "lib/base/text.h"

static void progress_show(void *context, uint64_t done, uint64_t total)
{
    struct session *session = context;
    if (session->progress.what)
        ui_progress_show(&session->progress, done, total);
}

static void unresolved_hint(void *context, const char *url, struct error *err)
{
    const struct session *session = context;
    if (session->unchosen && text_starts(url, REGISTRY_PUBLIC "/"))
        error_hint(err, "no registry was chosen: name one by --registry, behind auth login, in "
                        "NONO_REGISTRY or in config.toml");
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
        .unresolved = unresolved_hint,
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

bool session_is_token(const char *text)
{
    return *text && strlen(text) <= LIMIT_SECRET_BYTES && text_is_printable(text) &&
           !strchr(text, ' ');
}

static bool variable_take(struct session *session, const char *variable, struct error *err)
{
    if (session_is_token(variable))
        return buf_text(&session->token, variable, err);
    error_set(err, INVALID, "NONO_TOKEN holds no token");
    return error_hint(err, "a token has neither blanks nor line breaks, also none at its end");
}

static bool kept_find(const struct session *session, const char *base, struct buf *out,
                      enum secret_place *out_place, struct error *err)
{
    const struct secret_name name = { "token", base };
    return secret_find(session->folders.config, &name, out, out_place, err) ||
           error_prefix(err, "registry");
}

/* is_chosen: the variable, which does not say whose token it holds, is for this registry. */
static bool token_find(struct session *session, const char *base, bool is_chosen, struct error *err)
{
    const char *variable = env_get("NONO_TOKEN");
    buf_wipe(&session->token);
    session->token_place = SECRET_NOWHERE;
    if (is_chosen && variable && *variable)
        return variable_take(session, variable, err);
    return kept_find(session, base, &session->token, &session->token_place, err);
}

bool session_prefer_kept(struct session *session, struct remote *remote, struct error *err)
{
    struct buf kept;
    enum secret_place place;
    buf_init(&kept, LIMIT_SECRET_BYTES);
    if (!kept_find(session, remote->base, &kept, &place, err)) {
        buf_wipe(&kept);
        return false;
    }
    if (place == SECRET_NOWHERE)
        return true;
    buf_wipe(&session->token);
    session->token = kept;
    session->token_place = place;
    remote->token = session->token.data;
    return true;
}

const char *session_option(struct session *session, const char *base, const char *namespace)
{
    return config_is_default(&session->config, base, namespace)
               ? ""
               : arena_printf(session->arena, " --registry %s", base);
}

static bool remote_open(struct session *session, const char *base, const char *namespace,
                        bool is_chosen, struct remote *out, struct error *err)
{
    if (!token_find(session, base, is_chosen, err))
        return false;
    *out = (struct remote){ .http = session->http,
                            .base = base,
                            .option = session_option(session, base, namespace) };
    if (session->token.len)
        out->token = session->token.data;
    return true;
}

bool session_remote(struct session *session, const char *registry_option, const char *namespace,
                    struct remote *out, struct error *err)
{
    const char *base;
    const char *url = config_registry(&session->config, registry_option, namespace);
    session->unchosen = !config_is_chosen(&session->config, registry_option, namespace);
    return config_base(url, session->allow_plain, session->arena, &base, err) &&
           remote_open(session, base, namespace, true, out, err);
}

bool session_remote_at(struct session *session, const char *url, const char *registry_option,
                       const char *namespace, struct remote *out, struct error *err)
{
    const char *chosen = config_registry(&session->config, registry_option, namespace), *base;
    struct error ignored; /* a choice that is no address is not this one */
    if (!config_base(url, session->allow_plain, session->arena, &base, err))
        return false;
    bool is_chosen = config_base(chosen, session->allow_plain, session->arena, &chosen, &ignored) &&
                     strcmp(chosen, base) == 0;
    return remote_open(session, base, namespace, is_chosen, out, err);
}
