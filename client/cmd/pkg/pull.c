#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/installer.h"
#include "client/cmd/pkg/instructions.h"
#include "client/cmd/pkg/outcome.h"

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
                            struct doc *report, enum installer_result *out, struct error *err)
{
    const struct instructions_how copying = { .dry_run = opt_dry_run, .quiet = opt_json };
    struct list files = { 0 };
    return (!opt_init || instructions_find(fetched, session->arena, &files, err)) &&
           installer_run(session, remote, fetched, how, report, out, err) &&
           (!opt_init || instructions_copy(fetched, &files, &copying, report, session->arena, err));
}

static void pulled_tell(const struct fetched *fetched, enum installer_result result,
                        struct doc *report, struct arena *arena)
{
    static const char *const words[] = {
        [INSTALLER_THERE] = "already installed",
        [INSTALLER_WOULD] = "would be installed",
        [INSTALLER_DONE] = "installed",
    };
    static const char *const sentences[] = {
        [INSTALLER_THERE] = "is already at",
        [INSTALLER_WOULD] = "would be installed at",
        [INSTALLER_DONE] = "is installed at",
    };
    doc_add_text(arena, report, "status", words[result]);
    if (!opt_json)
        printf("%s/%s %s %s\n", fetched->ref.namespace, fetched->ref.name, sentences[result],
               fetched->ref.version);
}

static bool one_pull(struct session *session, const struct pack_ref *ref, struct doc *report,
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
    struct remote remote;
    CLEANUP(fetched_close) struct fetched fetched = { .source = { .fd = -1 } };
    enum installer_result result;
    if (!session_remote(session, opt_registry, ref->namespace, &remote, err) ||
        !fetch_pack(session, &remote, ref, &fetched, err) ||
        !fetched_install(session, &remote, &fetched, &how, report, &result, err))
        return false;
    pulled_tell(&fetched, result, report, session->arena);
    return true;
}

static bool pull_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(session_close) struct session session;
    if (!session_open(opt_http, &session, err))
        return false;
    if (!*operands) {
        error_set(err, INVALID, "name at least one pack");
        return error_hint(err, "nono pull acme/web");
    }
    struct outcomes outcomes;
    outcomes_init(&outcomes, "nono pull", session.arena);
    for (; *operands; operands++) {
        struct pack_ref ref;
        struct doc *report;
        if (!outcome_ref(&outcomes, *operands, &ref, &report, err) ||
            !one_pull(&session, &ref, report, err))
            outcome_fail(&outcomes, report, err);
    }
    if (opt_json)
        ui_json(outcomes.list);
    *status = outcomes.status;
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
