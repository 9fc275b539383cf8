#include <inttypes.h>

#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"
#include "lib/base/text.h"

static int opt_json, opt_dry_run;
static char *opt_path;

static const struct poptOption options[] = {
    { "dry-run", 'n', POPT_ARG_NONE, &opt_dry_run, 0, "tell what would be done, do nothing", NULL },
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void outcome_print(const struct snapshot *snapshot, const struct snapshot_restored *restored,
                          struct changes *changes)
{
    struct arena *arena = changes->arena;
    if (opt_json) {
        struct doc *table = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, table, "name", snapshot->name);
        doc_add_text(arena, table, "folder", snapshot->folder);
        doc_add_text(arena, table, "root", snapshot->root);
        doc_add_bool(arena, table, "dry_run", opt_dry_run);
        doc_add_integer(arena, table, "written", (int64_t)restored->written);
        doc_add_integer(arena, table, "removed", (int64_t)restored->removed);
        doc_insert(arena, table, "changes", changes->list);
        notes_describe(&restored->notes, "notes", arena, table);
        ui_json(table);
        return;
    }
    notes_print(&restored->notes, arena);
    if (opt_dry_run)
        return;
    printf("%s is as it was in %s: %" PRIu64 " put back, %" PRIu64 " removed, verified\nroot %s\n",
           text_escape(snapshot->folder, arena), snapshot->name, restored->written,
           restored->removed, snapshot->root);
}

DEFINE_CLEANUP(FILE *, fclose)

/* The changes are told of before they are made: what was told is printed once they are. */
static bool changes_make(struct snapshot_store *store, const struct snapshot *snapshot,
                         const char *const *never, struct arena *arena, struct error *err)
{
    CLEANUP(freep) char *told = NULL;
    size_t told_len = 0;
    CLEANUP(fclosep) FILE *stream = open_memstream(&told, &told_len);
    struct changes changes = { .arena = arena, .stream = stream };
    struct snapshot_restored restored;
    if (!stream)
        return error_set_errno(err, "keep what is to be told");
    changes.list = opt_json ? doc_new(arena, DOC_LIST) : NULL;
    const struct snapshot_visitor visitor = { changes_visit, &changes };
    const struct snapshot_restoring restoring = { never, &visitor, opt_dry_run };
    if (!snapshot_restore(store, snapshot, &restoring, arena, &restored, err))
        return err->hint[0] ? false
                            : error_hint(err, "`nono snapshot diff -a %s` shows what differs now",
                                         snapshot->name);
    if (fflush(stream) != 0)
        return error_set_errno(err, "keep what is to be told");
    (void)fwrite(told, 1, told_len, stdout);
    outcome_print(snapshot, &restored, &changes);
    return true;
}

static bool restore_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    const char *const *never;
    const char *name;
    struct snapshot snapshot;
    return operand_one(operands, "the name of a snapshot", &name, err) &&
           state_own_folders(arena, &never, err) && snapshots_find(&store, err) &&
           snapshot_find(store, opt_path ? opt_path : ".", name, arena, &snapshot, err) &&
           changes_make(store, &snapshot, never, arena, err);
}

const struct command command_snapshot_restore = {
    .name = "restore",
    .args = "SNAPSHOT",
    .summary = "make the folder what it was",
    .examples = EXAMPLES("nono snapshot restore before-refactor --dry-run",
                         "nono snapshot restore before-refactor"),
    .options = options,
    .run = restore_run,
};
