#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"

static int opt_json;
static char *opt_tag;
static char *opt_path;
static const char **opt_exclude;

static const struct poptOption options[] = {
    { "tag", 't', POPT_ARG_STRING, &opt_tag, 0, "a word to find it by", "TAG" },
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "exclude", 'x', POPT_ARG_ARGV, (void *)&opt_exclude, 0,
      "leave out, and later leave alone, what matches (node_modules, build/**)", "PATTERN" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void result_print(const struct snapshot_result *result, struct arena *arena)
{
    const struct snapshot *snapshot = &result->snapshot;
    if (opt_json) {
        struct doc *table = doc_new(arena, DOC_TABLE);
        snapshot_describe(snapshot, arena, table);
        doc_add_integer(arena, table, "files_read", (int64_t)result->files_read);
        doc_add_integer(arena, table, "bytes_added", (int64_t)result->bytes_added);
        notes_describe(&result->notes, "notes", arena, table);
        ui_json(table);
        return;
    }
    notes_print(&result->notes, arena);
    printf("%s: %llu files, %s; %s added to the store\nroot %s\n", snapshot->name,
           (unsigned long long)snapshot->files, ui_size(snapshot->bytes, arena),
           ui_size(result->bytes_added, arena), snapshot->root);
}

static bool create_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct snapshot_options wanted = { .folder = opt_path ? opt_path : ".",
                                       .tag = opt_tag,
                                       .exclude = opt_exclude };
    struct snapshot_result result;
    if (!operand_one(operands, "a name for the snapshot", &wanted.name, err) ||
        !state_own_folders(arena, &wanted.never, err) || !snapshots_open(&store, err) ||
        !snapshot_create(store, &wanted, arena, &result, err))
        return false;
    result_print(&result, arena);
    return true;
}

const struct command command_snapshot_create = {
    .name = "create",
    .args = "NAME",
    .summary = "keep the folder as it is now",
    .examples = EXAMPLES("nono snapshot create before-refactor --tag web",
                         "nono snapshot create clean --exclude node_modules"),
    .options = options,
    .run = create_run,
};
