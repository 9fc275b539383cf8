#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/config.h"
#include "client/cmd/pkg/outcome.h"
#include "client/install/install.h"
#include "client/ui/term.h"
#include "lib/base/text.h"
#include "lib/pack/ref.h"

static int opt_force, opt_json;

static const struct poptOption options[] = {
    { "force", 'f', POPT_ARG_NONE, &opt_force, 0,
      "remove it even if some of its wiring cannot be undone", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* name@version removes that version and no other. */
static void report(const struct install *install, struct doc *entry)
{
    struct arena *arena = install->arena;
    doc_add_text(arena, entry, "removed", install->key);
    doc_add_text(arena, entry, "status", "removed");
    struct doc *notes = doc_add_list(arena, entry, "notes");
    LIST_FOREACH (install->wiring.notes, const char *, note)
        doc_add_text(arena, notes, NULL, *note);
    if (opt_json)
        return;
    LIST_FOREACH (install->wiring.notes, const char *, note)
        fprintf(stderr, "  * %s\n", text_escape(*note, arena));
    printf("removed %s\n", install->key);
}

static bool one_remove(const struct store *store, const struct pack_ref *ref, struct arena *arena,
                       struct doc *entry, struct error *err)
{
    struct config config;
    struct install install;
    if (!config_load(&store->folders, arena, &config, err))
        return false;
    const struct install_options how = { .force = opt_force, .extra_folders = config.extra };
    if (!install_ref_check(store, ref, err) ||
        !install_plan_removal(store, ref->namespace, ref->name, &how, arena, &install, err) ||
        !install_commit(store, &install, err))
        return false;
    report(&install, entry);
    return true;
}

static bool remove_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct outcomes outcomes;
    if (!*operands)
        return error_set(err, INVALID, "name at least one pack");
    outcomes_init(&outcomes, "nono remove", arena);
    for (; *operands; operands++) {
        CLEANUP(store_closep) struct store *store = NULL; /* each sees what the one before left */
        struct pack_ref ref;
        struct doc *entry;
        if (!outcome_ref(&outcomes, *operands, &ref, &entry, err) ||
            !store_open(STORE_WRITE, &store, err) || !one_remove(store, &ref, arena, entry, err))
            outcome_fail(&outcomes, entry, err);
    }
    if (opt_json)
        ui_json(outcomes.list);
    *status = outcomes.status;
    return true;
}

const struct command command_remove = {
    .name = "remove",
    .args = "PACK...",
    .summary = "remove installed packs and undo their wiring",
    .examples = EXAMPLES("nono remove acme/web"),
    .options = options,
    .run = remove_run,
};
