#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/cmd/pkg/browser.h"
#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/cmd/pkg/session.h"
#include "client/remote/account.h"
#include "lib/base/clock.h"
#include "lib/base/env.h"
#include "lib/base/random.h"
#include "lib/base/text.h"

#define SCOPES     "read publish yank org"
#define TOKEN_ROOM (LIMIT_SECRET_BYTES + 1)

static int opt_token, opt_token_fd = -1, opt_no_browser, opt_http, opt_json;

static const struct poptOption login_options[] = {
    { "token", 0, POPT_ARG_NONE, &opt_token, 0, "read a token from standard input", NULL },
    { "token-fd", 0, POPT_ARG_INT, &opt_token_fd, 0, "read a token from this descriptor", "N" },
    { "no-browser", 0, POPT_ARG_NONE, &opt_no_browser, 0, "print the address, open nothing", NULL },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption logout_options[] = {
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption status_options[] = {
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the accounts as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool one_registry(const char **operands, struct session *session, struct remote *remote,
                         struct error *err)
{
    if (*operands && operands[1])
        return error_set(err, INVALID, "name one registry");
    return session_remote(session, *operands, NULL, remote, err);
}

static bool token_read(const char *option, int fd, char token[TOKEN_ROOM], struct error *err)
{
    if (!descriptor_read(option, fd, "token", token, TOKEN_ROOM, err))
        return false;
    return session_is_token(token) || error_set(err, INVALID, "that is no token");
}

/* Another server answers there, or the address has a path too many. */
static bool no_registry(const struct remote *remote, struct error *err)
{
    if (err->kind != ERROR_NOT_FOUND)
        return false;
    error_set(err, NOT_FOUND, "there is no registry at %s", remote->base);
    return error_hint(err, "write the address that the registry's pages have, without a path");
}

#define CODE_SECONDS_MAX 86400 /* whatever the registry says */

/* In a row: somebody is reading a code, and the registry starts anew. */
#define POLLS_FAILED_MAX 5

static bool device_wait(const struct remote *remote, const struct device_login *login,
                        struct arena *arena, const char **out, struct error *err)
{
    unsigned failed = 0;
    uint64_t interval = login->interval > 60 ? 60 : login->interval;
    uint64_t life = login->expires_in > CODE_SECONDS_MAX ? CODE_SECONDS_MAX : login->expires_in;
    int64_t end = clock_monotonic_us() + (int64_t)life * CLOCK_SECOND;
    for (;;) {
        bool slower;
        const struct timespec pause = { .tv_sec = (time_t)interval };
        (void)nanosleep(&pause, NULL);
        bool ok = remote_device_poll(remote, login, arena, out, &slower, err);
        failed = ok ? 0 : failed + 1;
        if (!ok && (err->kind != ERROR_UNAVAILABLE || failed > POLLS_FAILED_MAX))
            return false;
        slower = slower || !ok; /* RFC 8628, 3.5 */
        if (ok && *out)
            return true;
        interval += slower ? 5 : 0;
        if (clock_monotonic_us() > end)
            return error_set(err, GONE, "the code has expired");
    }
}

static bool device_login(const struct remote *remote, struct arena *arena, char token[TOKEN_ROOM],
                         struct error *err)
{
    struct device_login login;
    const char *got;
    if (!remote_device_start(remote, SCOPES, arena, &login, err))
        return no_registry(remote, err);
    const char *page =
        login.verification_uri_complete ? login.verification_uri_complete : login.verification_uri;
    fprintf(stderr, "open  %s\nand check that it shows the code  %s%s%s\n",
            text_escape(page, arena), ui_style(UI_BOLD, stderr),
            text_escape(login.user_code, arena), ui_style(UI_PLAIN, stderr));
    if (!opt_no_browser && ui_is_terminal(stderr))
        browser_open(page);
    if (!device_wait(remote, &login, arena, &got, err))
        return false;
    if (strlen(got) >= TOKEN_ROOM)
        return error_set(err, TOO_LARGE, "the registry's token is too long");
    (void)snprintf(token, TOKEN_ROOM, "%s", got);
    return true;
}

static bool token_get(const struct remote *remote, struct arena *arena, char token[TOKEN_ROOM],
                      struct error *err)
{
    const char *variable = env_get("NONO_TOKEN");
    if (opt_token_fd >= 0)
        return token_read("--token-fd", opt_token_fd, token, err);
    if (opt_token)
        return token_read("standard input,", STDIN_FILENO, token, err);
    if (variable && *variable) { /* that it is one, the session has seen */
        (void)snprintf(token, TOKEN_ROOM, "%s", variable);
        return true;
    }
    return device_login(remote, arena, token, err);
}

static bool token_keep(struct session *session, const struct remote *remote,
                       const struct whoami *who, const char *token, struct error *err)
{
    const struct secret_name name = { "token", remote->base };
    enum secret_place place;
    if (!secret_save(session->folders.config, &name, token, &place, err))
        return error_prefix(err, "keep the token");
    const struct registry_login login = {
        .url = remote->base,
        .login = who->user->login,
        .where = place == SECRET_IN_KEYRING ? "keyring" : "file",
    };
    if (!config_login_set(&session->folders, &session->config, remote->base, &login, err))
        return false;
    printf("logged in to %s as %s\n", remote->base, text_escape(who->user->login, session->arena));
    if (place == SECRET_IN_FILE)
        fprintf(stderr, "there is no keyring: the token is in %s/credentials.json\n",
                session->folders.config);
    return true;
}

static bool login_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct remote remote;
    struct whoami who;
    char token[TOKEN_ROOM];
    if (!session_open(opt_http, &session, err) || !one_registry(operands, &session, &remote, err))
        return false;
    remote.token = NULL;
    bool ok = token_get(&remote, session.arena, token, err);
    if (ok) {
        remote.token = token;
        ok = (remote_whoami(&remote, session.arena, &who, err) || no_registry(&remote, err)) &&
             token_keep(&session, &remote, &who, token, err);
    }
    secret_wipe(token, sizeof(token));
    return ok;
}

/* The variable's token, when it is another than the one that is gone. */
static void variable_tell(const struct session *session)
{
    const char *variable = env_get("NONO_TOKEN");
    if (session->token_place != SECRET_NOWHERE && variable && *variable &&
        strcmp(variable, session->token.data) != 0)
        fprintf(stderr, "NONO_TOKEN holds another token, which still counts\n");
}

/* The token is forgotten here even when the registry cannot be told; it says so then. */
static bool logout_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct remote remote;
    struct error why;
    if (!session_open(opt_http, &session, err) || !one_registry(operands, &session, &remote, err) ||
        !session_prefer_kept(&session, &remote, err))
        return false;
    if (!remote.token)
        return error_set(err, NOT_FOUND, "not logged in to %s", remote.base);
    bool revoked = remote_logout(&remote, session.arena, &why);
    const struct secret_name name = { "token", remote.base };
    if (!secret_remove(session.folders.config, &name, err) ||
        !config_login_set(&session.folders, &session.config, remote.base, NULL, err))
        return false;
    printf("logged out of %s\n", remote.base);
    if (!revoked)
        fprintf(stderr, "the token could not be revoked (%s): revoke it on the registry's pages\n",
                why.message);
    variable_tell(&session);
    return true;
}

/* Where the login put the token that is not there now. */
static bool no_token(const struct config *config, const char *url, struct error *err)
{
    LIST_FOREACH (config->logins, const struct registry_login, login)
        if (strcmp(login->url, url) == 0 && login->where && strcmp(login->where, "keyring") == 0)
            return error_set(err, UNAUTHORIZED,
                             "the token is in a keyring that this session cannot read");
    return error_set(err, UNAUTHORIZED, "no token");
}

static void account_add(struct session *session, const char *url, const char *operand,
                        struct doc *out, struct ui_table *table, int *status)
{
    struct arena *arena = session->arena;
    struct remote remote = { 0 };
    struct whoami who = { 0 };
    struct error err;
    bool ok = session_remote_at(session, url, operand, NULL, &remote, &err) &&
              (remote.token || no_token(&session->config, url, &err)) &&
              remote_whoami(&remote, arena, &who, &err);
    const char *where = session->token_place == SECRET_IN_KEYRING ? "keyring"
                        : session->token_place == SECRET_IN_FILE  ? "file"
                                                                  : "NONO_TOKEN";
    struct doc *entry = doc_add_table(arena, out, NULL);
    doc_add_text(arena, entry, "registry", url);
    doc_add_bool(arena, entry, "ok", ok);
    if (ok) {
        doc_insert(arena, entry, "account", record_encode(&whoami_record, &who, arena));
        doc_add_text(arena, entry, "token_in", where);
        UI_ROW(table, url, who.user->login, where,
               who.token && who.token->expires_at
                   ? arena_printf(arena, "until %s", who.token->expires_at)
                   : "");
    } else {
        doc_add_text(arena, entry, "problem", err.message);
        UI_ROW(table, url, NULL, NULL, arena_printf(arena, "%s", err.message));
    }
    if (!ok && !*status)
        *status = error_exit_status(err.kind);
}

static bool status_run(const char **operands, int *status, struct error *err)
{
    static const char *const heading[] = { "REGISTRY", "ACCOUNT", "TOKEN IN", "" };
    CLEANUP(session_close) struct session session;
    struct remote remote;
    if (!session_open(opt_http, &session, err))
        return false;
    struct doc *out = doc_new(session.arena, DOC_LIST);
    struct ui_table table;
    ui_table_init(&table, session.arena, COUNT(heading));
    if (*operands || session.config.logins.count == 0) {
        if (!one_registry(operands, &session, &remote, err))
            return false;
        account_add(&session, remote.base, *operands, out, &table, status);
    } else {
        LIST_FOREACH (session.config.logins, const struct registry_login, login)
            account_add(&session, login->url, NULL, out, &table, status);
    }
    if (opt_json)
        ui_json(out);
    else
        ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
    return true;
}

static const struct command command_login = {
    .name = "login",
    .args = "[REGISTRY]",
    .summary = "log in, by a code in the browser or with a token",
    .examples =
        EXAMPLES("nono auth login https://registry.example.org", "nono auth login --token < token"),
    .options = login_options,
    .run = login_run,
};

static const struct command command_logout = {
    .name = "logout",
    .args = "[REGISTRY]",
    .summary = "revoke and forget the token for a registry",
    .examples = EXAMPLES("nono auth logout"),
    .options = logout_options,
    .run = logout_run,
};

static const struct command command_status = {
    .name = "status",
    .args = "[REGISTRY]",
    .summary = "show which registries know this user, and as whom",
    .examples = EXAMPLES("nono auth status"),
    .options = status_options,
    .run = status_run,
};

static const struct command *const verbs[] = { &command_login, &command_logout, &command_status,
                                               NULL };

const struct command command_auth = {
    .name = "auth",
    .summary = "log in to registries",
    .verbs = verbs,
};
