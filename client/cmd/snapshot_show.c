#include <inttypes.h>

#include "client/cmd/snapshot.h"
#include "lib/base/text.h"

static int opt_json;
static char *opt_path;

static const struct poptOption options[] = {
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void snapshot_print(const struct snapshot *snapshot, struct arena *arena)
{
    printf("name      %s\n", snapshot->name);
    if (snapshot->tag)
        printf("tag       %s\n", text_escape(snapshot->tag, arena));
    printf("folder    %s\ncreated   %s\nroot      %s\n", text_escape(snapshot->folder, arena),
           ui_time(snapshot->created, arena), snapshot->root);
    printf("holds     %" PRIu64 " files, %" PRIu64 " folders, %" PRIu64 " links; %s\n",
           snapshot->files, snapshot->folders, snapshot->links, ui_size(snapshot->bytes, arena));
    if (snapshot->left_out)
        printf("left out  %" PRIu64 " devices, fifos, sockets and mounted folders\n",
               snapshot->left_out);
    LIST_FOREACH (snapshot->exclude, const char *, pattern)
        printf("excludes  %s\n", text_escape(*pattern, arena));
}

static bool show_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct snapshot snapshot;
    const char *name;
    if (!operand_optional(operands, &name, err) || !snapshots_find(&store, err) ||
        !snapshot_find(store, opt_path ? opt_path : ".", name, arena, &snapshot, err))
        return false;
    if (opt_json) {
        struct doc *table = doc_new(arena, DOC_TABLE);
        snapshot_describe(&snapshot, arena, table);
        ui_json(table);
        return true;
    }
    snapshot_print(&snapshot, arena);
    return true;
}

const struct command command_snapshot_show = {
    .name = "show",
    .args = "[SNAPSHOT]",
    .summary = "show what a snapshot holds; the newest when none is named",
    .examples = EXAMPLES("nono snapshot show before-refactor"),
    .options = options,
    .run = show_run,
};
