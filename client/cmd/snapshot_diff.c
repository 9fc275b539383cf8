#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"

static int opt_json, opt_all;
static char *opt_path;

static const struct poptOption options[] = {
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "all", 'a', POPT_ARG_NONE, &opt_all, 0, "changes of a time or an owner alone, too", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool diff_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    const char *folder = opt_path ? opt_path : ".";
    const char *const *never;
    struct snapshot before, after;
    bool two = operands[0] && operands[1];
    if (two && operands[2])
        return error_set(err, INVALID, "one argument too many: \"%.64s\"", operands[2]);
    if (!state_own_folders(arena, &never, err) || !snapshots_find(&store, err) ||
        !snapshot_find(store, folder, operands[0], arena, &before, err) ||
        (two && !snapshot_find(store, before.folder, operands[1], arena, &after, err)))
        return false;
    struct changes changes = { .arena = arena, .stream = stdout, .all = opt_all };
    changes.list = opt_json ? doc_new(arena, DOC_LIST) : NULL;
    const struct snapshot_visitor visitor = { changes_visit, &changes };
    if (!snapshot_diff(store, &before, two ? &after : NULL, never, &visitor, err))
        return false;
    if (opt_json)
        ui_json(changes.list);
    return true;
}

const struct command command_snapshot_diff = {
    .name = "diff",
    .args = "[SNAPSHOT [SNAPSHOT]]",
    .summary = "show what changed since a snapshot, or between two",
    .examples = EXAMPLES("nono snapshot diff", "nono snapshot diff before-refactor clean"),
    .options = options,
    .run = diff_run,
};
