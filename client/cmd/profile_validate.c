#include <stdio.h>
#include <string.h>

#include "client/cmd/profile.h"
#include "client/ui/term.h"
#include "lib/base/text.h"

#define STRICT_STATUS 2

static int opt_json, opt_strict;

static struct doc *result_new(struct arena *arena, const char *name, bool valid)
{
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "profile", name);
    doc_add_bool(arena, out, "valid", valid);
    return out;
}

static void fault_json(const char *name, const struct error *err, struct arena *arena)
{
    struct doc *out = result_new(arena, name, false);
    struct doc *fault = doc_add_table(arena, out, "error");
    doc_add_text(arena, fault, "code", error_code(err->kind));
    doc_add_text(arena, fault, "message", err->message);
    doc_add_text(arena, fault, "field", *err->field ? err->field : NULL);
    doc_add_text(arena, fault, "hint", *err->hint ? err->hint : NULL);
    ui_json(out);
}

static void sound_json(const char *name, const struct profile *profile, struct arena *arena)
{
    struct doc *out = result_new(arena, name, true), *model = profile_print(profile, arena);
    doc_insert(arena, out, "unsupported", doc_copy(arena, doc_find(model, "unsupported")));
    doc_insert(arena, out, "warnings", doc_copy(arena, doc_find(model, "warnings")));
    ui_json(out);
}

static bool validate_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct profile *profile;
    if (!profile_operands(operands, 1, "the name or path of a profile", err) ||
        !profiles_env(NULL, arena, &env, err))
        return false;
    if (!profile_load(&env, operands[0], NULL, arena, &profile, err)) {
        if (!opt_json)
            return false;
        fault_json(operands[0], err, arena);
        *status = error_exit_status(err->kind);
        return true;
    }
    if (opt_json) {
        sound_json(operands[0], profile, arena);
    } else {
        printf("%s is sound\n", text_escape(operands[0], arena));
        profile_notes("not held by this version: a run is refused", &profile->unsupported, arena);
        profile_notes("warnings", &profile->warnings, arena);
    }
    if (opt_strict && (profile->unsupported.count || profile->warnings.count))
        *status = STRICT_STATUS;
    return true;
}

static const struct poptOption options[] = {
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "print a JSON document", NULL },
    { "strict", '\0', POPT_ARG_NONE, &opt_strict, 0,
      "exit with 2 on warnings, and on what this version cannot hold", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_validate = {
    .name = "validate",
    .args = "PROFILE|FILE",
    .summary = "check a profile and everything that it extends",
    .examples = EXAMPLES("nono profile validate ./profile.toml --strict"),
    .options = options,
    .run = validate_run,
};
