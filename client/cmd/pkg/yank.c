#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/session.h"
#include "lib/pack/ref.h"

static char *opt_registry, *opt_reason;
static int opt_http, opt_json;

#define COMMON_OPTIONS                                                                          \
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "of this registry", "URL" },          \
        { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL }, \
    {                                                                                           \
        "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL                \
    }

/* clang-format off */
static const struct poptOption yank_options[] = {
    { "reason", 'm', POPT_ARG_STRING, &opt_reason, 0, "why nobody should install it", "TEXT" },
    COMMON_OPTIONS,
    POPT_AUTOHELP POPT_TABLEEND,
};
static const struct poptOption unyank_options[] = {
    COMMON_OPTIONS,
    POPT_AUTOHELP POPT_TABLEEND,
};
/* clang-format on */

static bool version_post(const char **operands, const char *act, struct error *err)
{
    CLEANUP(session_close) struct session session;
    struct pack_ref ref;
    struct remote remote;
    struct doc *answer;
    if (!session_open(opt_http, &session, err))
        return false;
    if (!*operands || operands[1] || !pack_ref_parse(*operands, &ref, err) ||
        ref.kind != PACK_REF_VERSION) {
        error_set(err, INVALID, "name one version");
        return error_hint(err, "nono %s acme/web@1.2.0", act);
    }
    struct doc *body = NULL;
    if (strcmp(act, "yank") == 0) {
        body = doc_new(session.arena, DOC_TABLE);
        doc_add_text(session.arena, body, "reason", opt_reason);
    }
    if (!session_remote(&session, opt_registry, ref.namespace, &remote, err))
        return false;
    const char *url =
        remote_url(&remote, session.arena, "/packages/%s/%s/versions/%s/%s", ref.namespace,
                   ref.name, url_escape(ref.version, session.arena), act);
    if (!remote_call(&remote, "POST", url, body, session.arena, &answer, err))
        return false;
    if (opt_json) {
        if (answer->kind == DOC_TABLE && !doc_find(answer, "pack"))
            doc_add_text(session.arena, answer, "pack",
                         arena_printf(session.arena, "%s/%s", ref.namespace, ref.name));
        ui_json(answer);
    } else {
        printf("%s is %s\n", *operands,
               strcmp(act, "yank") == 0 ? "yanked: it is not installed any more unless it was "
                                          "installed before"
                                        : "back");
    }
    return true;
}

static bool yank_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    if (!opt_reason || !*opt_reason) {
        error_set(err, INVALID, "say why");
        return error_hint(err, "--reason \"leaks the token to the log\"");
    }
    return version_post(operands, "yank", err);
}

static bool unyank_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    return version_post(operands, "unyank", err);
}

const struct command command_yank = {
    .name = "yank",
    .args = "REF",
    .summary = "keep a published version from being installed",
    .examples = EXAMPLES("nono yank acme/web@1.2.0 --reason \"writes the token to the log\""),
    .options = yank_options,
    .run = yank_run,
};

const struct command command_unyank = {
    .name = "unyank",
    .args = "REF",
    .summary = "take back a yank",
    .examples = EXAMPLES("nono unyank acme/web@1.2.0"),
    .options = unyank_options,
    .run = unyank_run,
};
