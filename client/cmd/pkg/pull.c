#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/installer.h"
#include "client/cmd/pkg/instructions.h"

static char *opt_registry, *opt_accept_signer;
static int opt_force, opt_yes, opt_downgrade, opt_dry_run, opt_init, opt_json, opt_http;

static const struct poptOption options[] = {
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "pull from this registry", "URL" },
    { "yes", 'y', POPT_ARG_NONE, &opt_yes, 0, "install what it asks for, without a question",
      NULL },
    { "dry-run", 0, POPT_ARG_NONE, &opt_dry_run, 0, "verify and show, but install nothing", NULL },
    { "force", 'f', POPT_ARG_NONE, &opt_force, 0, "install again what is there already", NULL },
    { "init", 0, POPT_ARG_NONE, &opt_init, 0,
      "copy its instruction files for projects into the working folder", NULL },
    { "allow-downgrade", 0, POPT_ARG_NONE, &opt_downgrade, 0, "install an older version", NULL },
    { "accept-signer", 0, POPT_ARG_STRING, &opt_accept_signer, 0,
      "accept this key in place of the one that signed before", "KEYID" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* The installer between the two halves of --init: what may not be copied is refused before. */
static bool fetched_install(struct session *session, const struct remote *remote,
                            struct fetched *fetched, const struct installer_options *how,
                            struct doc *report, bool *out_changed, struct error *err)
{
    const struct instructions_how copying = { .dry_run = opt_dry_run, .quiet = opt_json };
    struct list files = { 0 };
    return (!opt_init || instructions_find(fetched, session->arena, &files, err)) &&
           installer_run(session, remote, fetched, how, report, out_changed, err) &&
           (!opt_init || instructions_copy(fetched, &files, &copying, report, session->arena, err));
}

static bool one_pull(struct session *session, const char *text, struct doc *reports,
                     struct error *err)
{
    const struct installer_options how = {
        .force = opt_force,
        .yes = opt_yes,
        .allow_downgrade = opt_downgrade,
        .dry_run = opt_dry_run,
        .quiet = opt_json && opt_yes,
        .accept_signer = opt_accept_signer,
    };
    struct pack_ref ref;
    struct remote remote;
    CLEANUP(fetched_close) struct fetched fetched = { .source = { .fd = -1 } };
    struct doc *report = doc_add_table(session->arena, reports, NULL);
    bool changed;
    if (!pack_ref_parse(text, &ref, err) ||
        !session_remote(session, opt_registry, ref.namespace, &remote, err) ||
        !fetch_pack(session, &remote, &ref, &fetched, err) ||
        !fetched_install(session, &remote, &fetched, &how, report, &changed, err))
        return false;
    if (!opt_json) {
        printf("%s/%s %s %s\n", fetched.ref.namespace, fetched.ref.name,
               changed       ? "is installed at"
               : opt_dry_run ? "would be installed at"
                             : "is already at",
               fetched.ref.version);
    }
    return true;
}

static bool pull_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    if (!session_open(opt_http, &session, err))
        return false;
    if (!*operands) {
        error_set(err, INVALID, "name at least one pack");
        return error_hint(err, "nono pull acme/web");
    }
    struct doc *reports = doc_new(session.arena, DOC_LIST);
    for (; *operands; operands++)
        if (!one_pull(&session, *operands, reports, err))
            return false;
    if (opt_json)
        ui_json(reports);
    return true;
}

const struct command command_pull = {
    .name = "pull",
    .args = "REF...",
    .summary = "fetch, verify and install packs",
    .examples = EXAMPLES("nono pull acme/web", "nono pull 'acme/web@^1.2' --init"),
    .options = options,
    .run = pull_run,
};
