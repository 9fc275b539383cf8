#include <inttypes.h>

#include "client/cmd/snapshot.h"

#define BROKEN_STATUS 5 /* as for anything that cannot be trusted */

static int opt_json, opt_all;
static char *opt_path;

static const struct poptOption options[] = {
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "all", 'a', POPT_ARG_NONE, &opt_all, 0, "every snapshot of every folder", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void outcome_add(const struct snapshot *snapshot, const struct snapshot_verified *verified,
                        struct arena *arena, struct doc *list)
{
    if (list) {
        struct doc *item = doc_add_table(arena, list, NULL);
        doc_add_text(arena, item, "name", snapshot->name);
        doc_add_text(arena, item, "folder", snapshot->folder);
        doc_add_text(arena, item, "root", snapshot->root);
        doc_add_bool(arena, item, "valid", verified->fault_count == 0);
        doc_add_integer(arena, item, "objects", (int64_t)verified->objects);
        doc_add_integer(arena, item, "bytes", (int64_t)verified->bytes);
        notes_describe(&verified->faults, "faults", arena, item);
        return;
    }
    notes_print(&verified->faults, arena);
    if (verified->fault_count)
        printf("%s: damaged in %" PRIu64 " places\n", snapshot->name, verified->fault_count);
    else
        printf("%s: whole; %" PRIu64 " objects, %s; root %s\n", snapshot->name, verified->objects,
               ui_size(verified->bytes, arena), snapshot->root);
}

/* Its name is all that is known. */
static void unreadable_add(const struct snapshot_unreadable *unreadable, struct arena *arena,
                           struct doc *list)
{
    const char *fault = unreadable->fault.message;
    const struct snapshot snapshot = { .name = unreadable->name, .folder = unreadable->folder };
    outcome_add(&snapshot, &(struct snapshot_verified){ .faults = { &fault, 1 }, .fault_count = 1 },
                arena, list);
}

static void damage_add(const struct snapshot_damage *damage, struct arena *arena, struct doc *list)
{
    if (!list) {
        fprintf(stderr, "pack %s: %s\n", damage->pack, damage->what);
        return;
    }
    struct doc *item = doc_add_table(arena, list, NULL);
    doc_add_text(arena, item, "pack", damage->pack);
    doc_add_bool(arena, item, "valid", false);
    doc_add_text(arena, doc_add_list(arena, item, "faults"), NULL, damage->what);
}

/* The named one, or those that `list` shows, or all. */
static bool wanted_list(struct snapshot_store *store, const char *name, struct arena *arena,
                        struct list *out, struct list *out_unreadable, struct error *err)
{
    const char *folder = opt_path ? opt_path : ".";
    if (!name && opt_all)
        return snapshot_list(store, NULL, arena, out, out_unreadable, err);
    if (!name)
        return snapshot_list_around(store, folder, arena, out, out_unreadable, err);
    *out = (struct list){ ARENA_NEW(arena, struct snapshot), 1 };
    return snapshot_find(store, folder, name, arena, out->items, err);
}

static bool verify_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct list snapshots, unreadable = { 0 }, damages = { 0 };
    const char *name;
    if (!operand_optional(operands, &name, err) || !snapshots_find(&store, err) ||
        !wanted_list(store, name, arena, &snapshots, &unreadable, err))
        return false;
    struct doc *list = opt_json ? doc_new(arena, DOC_LIST) : NULL;
    LIST_FOREACH (snapshots, struct snapshot, snapshot) {
        struct snapshot_verified verified;
        if (!snapshot_verify(store, snapshot, arena, &verified, err))
            return false;
        outcome_add(snapshot, &verified, arena, list);
        if (verified.fault_count)
            *status = BROKEN_STATUS;
    }
    LIST_FOREACH (unreadable, struct snapshot_unreadable, snapshot) {
        unreadable_add(snapshot, arena, list);
        *status = BROKEN_STATUS;
    }
    if (opt_all && !name && !snapshot_verify_packs(store, arena, &damages, err))
        return false;
    LIST_FOREACH (damages, struct snapshot_damage, damage) {
        damage_add(damage, arena, list);
        *status = BROKEN_STATUS;
    }
    if (opt_json)
        ui_json(list);
    return true;
}

const struct command command_snapshot_verify = {
    .name = "verify",
    .args = "[SNAPSHOT]",
    .summary =
        "read what the store holds of a snapshot again; of all that list shows when none is named",
    .examples = EXAMPLES("nono snapshot verify before-refactor"),
    .options = options,
    .run = verify_run,
};
