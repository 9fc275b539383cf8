#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/key.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/cmd/pkg/session.h"

static char *opt_org, *opt_registry, *opt_name;
static int opt_json, opt_http;

static const struct poptOption options[] = {
    { "org", 'o', POPT_ARG_STRING, &opt_org, 0, "the organisation that signs with it", "ORG" },
    { "name", 0, POPT_ARG_STRING, &opt_name, 0, "what the registry calls it", "NAME" },
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "at this registry", "URL" },
    PASSPHRASE_OPTION("read the passphrase of the key, if it is needed, from this descriptor"),
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL },
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
        printf("%s may sign for %s with %s\n", remote.base, opt_org, key.id);
    return true;
}

const struct command command_key_register = {
    .name = "register",
    .args = "NAME",
    .summary = "tell a registry that an organisation signs with a key",
    .examples = EXAMPLES("nono key register release --org acme"),
    .options = options,
    .run = register_run,
};
