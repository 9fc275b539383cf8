#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/snapshot.h"
#include "lib/base/text.h"

static int opt_json, opt_all;
static char *opt_tag;
static char *opt_path;

static const struct poptOption list_options[] = {
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "all", 'a', POPT_ARG_NONE, &opt_all, 0, "of all folders", NULL },
    { "tag", 't', POPT_ARG_STRING, &opt_tag, 0, "only those with this tag", "TAG" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool is_wanted(const struct snapshot *snapshot)
{
    return !opt_tag || (snapshot->tag && strcmp(snapshot->tag, opt_tag) == 0);
}

static void list_describe(const struct list *snapshots, const struct list *unreadable,
                          struct arena *arena)
{
    struct doc *list = doc_new(arena, DOC_LIST);
    LIST_FOREACH (*snapshots, struct snapshot, snapshot)
        if (is_wanted(snapshot))
            snapshot_describe(snapshot, arena, doc_add_table(arena, list, NULL));
    LIST_FOREACH (*unreadable, struct snapshot_unreadable, snapshot) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "name", snapshot->name);
        doc_add_text(arena, item, "folder", snapshot->folder);
        ui_error_add(arena, item, &snapshot->fault);
    }
    ui_json(list);
}

/* Whether some are of another folder than the one that was asked about. */
static bool has_others(const struct list *snapshots, const char *folder)
{
    char real[PATH_MAX];
    if (!folder || !realpath(folder, real))
        return true;
    LIST_FOREACH (*snapshots, struct snapshot, snapshot)
        if (strcmp(snapshot->folder, real) != 0)
            return true;
    return false;
}

static void list_print(const struct list *snapshots, bool folders, struct arena *arena)
{
    static const char *const heading[] = { "NAME", "TAG",  "CREATED", "FILES",
                                           "SIZE", "ROOT", "FOLDER" };
    struct ui_table table;
    ui_table_init(&table, arena, folders ? 7 : 6);
    LIST_FOREACH (*snapshots, struct snapshot, at)
        if (is_wanted(at))
            UI_ROW(&table, at->name, at->tag, ui_time(at->created, arena),
                   arena_printf(arena, "%" PRIu64, at->files), ui_size(at->bytes, arena),
                   arena_printf(arena, "%.12s", at->root), at->folder);
    if (table.rows)
        ui_table_print(&table, heading, stdout);
    else
        fprintf(stderr, "there are no such snapshots\n");
}

/* Whoever takes the list for whole is told, by the exit status too. */
static void unreadable_tell(const struct list *unreadable, struct arena *arena, int *status)
{
    LIST_FOREACH (*unreadable, struct snapshot_unreadable, snapshot) {
        const char *folder = snapshot->folder ? snapshot->folder : "of an unknown folder";
        (void)fprintf(stderr, "%s: %s\n", text_escape(folder, arena),
                      text_escape(snapshot->fault.message, arena));
        *status = error_exit_status(snapshot->fault.kind);
    }
}

static bool list_run(const char **operands, int *status, struct error *err)
{
    (void)operands;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct list snapshots, unreadable;
    const char *folder = opt_all ? NULL : opt_path ? opt_path : ".";
    if (!snapshots_find(&store, err))
        return false;
    if (folder ? !snapshot_list_around(store, folder, arena, &snapshots, &unreadable, err)
               : !snapshot_list(store, NULL, arena, &snapshots, &unreadable, err))
        return false;
    if (opt_json)
        list_describe(&snapshots, &unreadable, arena);
    else
        list_print(&snapshots, has_others(&snapshots, folder), arena);
    unreadable_tell(&unreadable, arena, status);
    return true;
}

const struct command command_snapshot_list = {
    .name = "list",
    .summary = "show the snapshots of a folder, and of the folders around it",
    .examples = EXAMPLES("nono snapshot list --path ~/src/web"),
    .options = list_options,
    .run = list_run,
};
