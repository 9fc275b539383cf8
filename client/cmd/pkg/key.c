#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/keys.h"
#include "client/cmd/pkg/session.h"

static char *opt_type, *opt_org, *opt_registry, *opt_name;
static int opt_passphrase, opt_json, opt_http;

static const struct poptOption generate_options[] = {
    { "type", 't', POPT_ARG_STRING, &opt_type, 0, "ed25519 (the default) or ecdsa-p256", "TYPE" },
    { "passphrase", 0, POPT_ARG_NONE, &opt_passphrase, 0, "encrypt it under a passphrase", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption list_options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the names as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption register_options[] = {
    { "org", 'o', POPT_ARG_STRING, &opt_org, 0, "the organisation that signs with it", "ORG" },
    { "name", 0, POPT_ARG_STRING, &opt_name, 0, "what the registry calls it", "NAME" },
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "at this registry", "URL" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool type_parse(const char *text, enum key_type *out, struct error *err)
{
    *out = KEY_ED25519;
    if (!text)
        return true;
    for (int i = 0; key_type_names[i]; i++) {
        if (strcmp(text, key_type_names[i]) == 0) {
            *out = (enum key_type)i;
            return true;
        }
    }
    error_set(err, INVALID, "--type: there is no kind of key \"%.32s\"", text);
    return error_hint(err, "ed25519 or ecdsa-p256");
}

static bool one_name(const char **operands, const char **out, struct error *err)
{
    *out = *operands;
    return (*operands && !operands[1]) || error_set(err, INVALID, "name one key");
}

static bool generate_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    CLEANUP(public_key_freep) struct public_key *public = NULL;
    struct folders folders;
    enum key_type type;
    const char *name;
    if (!one_name(operands, &name, err) || !type_parse(opt_type, &type, err) ||
        !folders_find(arena, &folders, err) ||
        !key_create(&folders, name, type, opt_passphrase, &key, err))
        return false;
    public = private_key_public(key);
    printf("%s\n", public_key_id(public));
    fprintf(stderr, "made %s/keys/%s.pem; nono key register %s --org ORG tells a registry\n",
            folders.config, name, name);
    return true;
}

static bool list_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    struct list names;
    if (!folders_find(arena, &folders, err) || !key_names(&folders, arena, &names, err))
        return false;
    struct doc *out = doc_new(arena, DOC_LIST);
    LIST_FOREACH (names, const char *, name) {
        doc_add_text(arena, out, NULL, *name);
        if (!opt_json)
            printf("%s\n", *name);
    }
    if (opt_json)
        ui_json(out);
    return true;
}

static bool show_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    CLEANUP(public_key_freep) struct public_key *public = NULL;
    struct folders folders;
    const char *name;
    if (!one_name(operands, &name, err) || !folders_find(arena, &folders, err) ||
        !key_load(&folders, name, &key, err))
        return false;
    public = private_key_public(key);
    fputs(public_key_pem(public, arena), stdout);
    fprintf(stderr, "%s  %s\n", key_type_names[public_key_type(public)], public_key_id(public));
    return true;
}

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
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    CLEANUP(public_key_freep) struct public_key *public = NULL;
    struct remote remote;
    struct doc *answer;
    const char *name;
    if (!session_open(opt_http, &session, err) || !one_name(operands, &name, err))
        return false;
    if (!opt_org)
        return error_set(err, INVALID, "--org ORG: say which organisation signs with it");
    if (!key_load(&session.folders, name, &key, err) ||
        !session_remote(&session, opt_registry, opt_org, &remote, err))
        return false;
    struct arena *arena = session.arena;
    public = private_key_public(key);
    struct doc *body = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, body, "name", opt_name ? opt_name : label_of(name, arena));
    doc_add_text(arena, body, "public_key", public_key_pem(public, arena));
    const char *url =
        remote_url(&remote, arena, "/organisations/%s/keys", url_escape(opt_org, arena));
    if (!remote_call(&remote, "POST", url, body, arena, &answer, err))
        return false;
    if (opt_json)
        ui_json(answer);
    else
        printf("%s may sign for %s with %s\n", remote.base, opt_org, public_key_id(public));
    return true;
}

static const struct command command_generate = {
    .name = "generate",
    .args = "NAME",
    .summary = "make a signing key",
    .options = generate_options,
    .run = generate_run,
};

static const struct command command_key_list = {
    .name = "list",
    .summary = "list signing keys",
    .options = list_options,
    .run = list_run,
};

static const struct command command_show = {
    .name = "show",
    .args = "NAME",
    .summary = "print the public half of a key",
    .run = show_run,
};

static const struct command command_register = {
    .name = "register",
    .args = "NAME",
    .summary = "tell a registry that an organisation signs with a key",
    .options = register_options,
    .run = register_run,
};

static const struct command *const verbs[] = { &command_generate, &command_key_list,
                                               &command_register, &command_show, NULL };

const struct command command_key = {
    .name = "key",
    .summary = "make signing keys and register them",
    .verbs = verbs,
};
