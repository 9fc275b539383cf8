#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/key.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/cmd/pkg/session.h"

static char *opt_org, *opt_registry, *opt_name;
static int opt_json, opt_http, opt_yes;

static const struct poptOption options[] = {
    { "org", 'o', POPT_ARG_STRING, &opt_org, 0, "the organisation that signs with it", "ORG" },
    { "name", 0, POPT_ARG_STRING, &opt_name, 0, "what the registry calls it", "NAME" },
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "at this registry", "URL" },
    PASSPHRASE_OPTION("read the passphrase of the key, if it is needed, from this descriptor"),
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption revoke_options[] = {
    { "org", 'o', POPT_ARG_STRING, &opt_org, 0, "the organisation that signed with it", "ORG" },
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "at this registry", "URL" },
    { "yes", 'y', POPT_ARG_NONE, &opt_yes, 0, "without a question", NULL },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* "keys/release.pem" is called "release". */
static const char *label_of(const char *name, struct arena *arena)
{
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    return arena_strndup(arena, last, strcspn(last, "."));
}

static bool register_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct key_facts key;
    struct remote remote;
    struct doc *answer;
    const char *name;
    if (!session_open(opt_http, &session, err) || !key_operand(operands, &name, err))
        return false;
    if (!opt_org)
        return error_set(err, INVALID, "--org ORG: say which organisation signs with it");
    struct arena *arena = session.arena;
    if (!key_find(&session.folders, name, arena, &key, err) ||
        !session_remote(&session, opt_registry, opt_org, &remote, err))
        return false;
    struct doc *body = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, body, "name", opt_name ? opt_name : label_of(name, arena));
    doc_add_text(arena, body, "public_key", key.public_pem);
    const char *url =
        remote_url(&remote, arena, "/organisations/%s/keys", url_escape(opt_org, arena));
    if (!remote_call(&remote, "POST", url, body, arena, &answer, err))
        return false;
    if (opt_json)
        ui_json(answer);
    else
        printf("%s: packs of %s may now be signed with key %s\n", remote.base, opt_org, key.id);
    return true;
}

static bool is_id(const char *text)
{
    return strlen(text) == KEY_ID_TEXT - 1 && strspn(text, "0123456789abcdef") == KEY_ID_TEXT - 1;
}

/* A key that is gone here, or is another's, has its id alone. */
static bool id_find(const struct folders *folders, const char *name, struct arena *arena,
                    const char **out, struct error *err)
{
    struct key_facts key;
    *out = name;
    if (is_id(name))
        return true;
    if (!key_find(folders, name, arena, &key, err))
        return false;
    *out = key.id;
    return true;
}

static void revoked_tell(const struct remote *remote, const char *id, struct arena *arena)
{
    if (!opt_json) {
        printf("%s accepts nothing more for %s from %s\n", remote->base, opt_org, id);
        return;
    }
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "registry", remote->base);
    doc_add_text(arena, out, "organisation", opt_org);
    doc_add_text(arena, out, "revoked", id);
    ui_json(out);
}

static bool revoke_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct remote remote;
    struct doc *answer;
    const char *name, *id;
    bool yes = opt_yes;
    if (!session_open(opt_http, &session, err) || !key_operand(operands, &name, err))
        return false;
    if (!opt_org)
        return error_set(err, INVALID, "--org ORG: say for which organisation");
    struct arena *arena = session.arena;
    if (!id_find(&session.folders, name, arena, &id, err) ||
        !session_remote(&session, opt_registry, opt_org, &remote, err))
        return false;
    if (!yes && !ui_confirm("Nothing that it signs will be accepted any more, for good. Revoke it?",
                            &yes, err))
        return false;
    if (!yes)
        return error_set(err, DENIED, "you said no");
    const char *url = remote_url(&remote, arena, "/organisations/%s/keys/%s",
                                 url_escape(opt_org, arena), url_escape(id, arena));
    if (!remote_call(&remote, "DELETE", url, NULL, arena, &answer, err))
        return false;
    revoked_tell(&remote, id, arena);
    return true;
}

const struct command command_key_revoke = {
    .name = "revoke",
    .args = "KEY|ID",
    .summary = "tell a registry to accept nothing more that a key signs",
    .examples = EXAMPLES("nono key revoke release --org acme"),
    .options = revoke_options,
    .run = revoke_run,
};

const struct command command_key_register = {
    .name = "register",
    .args = "KEY",
    .summary = "tell a registry that an organisation signs with a key",
    .examples = EXAMPLES("nono key register release --org acme"),
    .options = options,
    .run = register_run,
};
