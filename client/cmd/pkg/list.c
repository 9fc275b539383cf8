#include <stdio.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/config.h"
#include "client/store/store.h"
#include "client/ui/term.h"
#include "lib/json/json.h"

static int opt_json, opt_installed;

static const struct poptOption options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the lock file's entries as JSON", NULL },
    { "installed", 0, POPT_ARG_NONE, &opt_installed, 0, "installed packs (there is no other list)",
      NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* "pinned", and where it came from when that is not what would be asked. */
static const char *remarks(const struct lock_pack *pack, const struct config *config,
                           struct arena *arena)
{
    const char *pinned = pack->pinned ? "pinned" : "";
    if (!pack->registry || config_is_default(config, pack->registry, pack->namespace))
        return pinned;
    return arena_printf(arena, "%s%sfrom %s", pinned, *pinned ? ", " : "", pack->registry);
}

static void table_print(const struct store *store, struct arena *arena)
{
    static const char *const heading[] = { "PACK", "VERSION", "INSTALLED", "SIGNER", "" };
    struct ui_table table;
    struct config config;
    struct error ignored; /* a fault in it is no reason to tell nothing: then all are told */
    if (!config_load(&store->folders, arena, &config, &ignored))
        config = (struct config){ 0 };
    ui_table_init(&table, arena, COUNT(heading));
    LIST_FOREACH (store->lockfile.packs, const struct lock_pack, pack) {
        const char *signer = pack->provenance ? pack->provenance->signer_identity : NULL;
        UI_ROW(&table, pack->key, pack->version, ui_time(pack->installed_at, arena),
               signer ? arena_printf(arena, "%.20s", signer) : NULL, remarks(pack, &config, arena));
    }
    ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
}

static bool list_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status;
    CLEANUP(store_closep) struct store *store = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    if (!store_open(STORE_READ, &store, err))
        return false;
    if (opt_json) { /* the whole lock file, as the original prints it */
        const char *text = lockfile_print(&store->lockfile, &(struct lock_change){ 0 }, arena);
        fputs(text, stdout);
        return true;
    }
    if (store->lockfile.packs.count == 0) {
        fprintf(stderr, "no packs are installed\n");
        return true;
    }
    table_print(store, arena);
    return true;
}

const struct command command_list = {
    .name = "list",
    .summary = "list installed packs",
    .examples = EXAMPLES("nono list"),
    .options = options,
    .run = list_run,
};
