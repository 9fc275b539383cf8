#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd/snapshot.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/notes.h"

#define NOT_GIVEN INT_MIN

static int opt_json, opt_all, opt_force;
static int opt_keep = NOT_GIVEN, opt_older = NOT_GIVEN;
static char *opt_path;

static const struct poptOption delete_options[] = {
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "force", 'f', POPT_ARG_NONE, &opt_force, 0,
      "also one whose restore was interrupted; the folder stays as it is", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};
static const struct poptOption prune_options[] = {
    { "keep", 'k', POPT_ARG_INT, &opt_keep, 0, "delete all but the newest N snapshots of a folder",
      "N" },
    { "older-than", 0, POPT_ARG_INT, &opt_older, 0, "delete those made so many days ago", "DAYS" },
    { "path", 'p', POPT_ARG_STRING, &opt_path, 0, "the folder; the current one when left out",
      "DIR" },
    { "all", 'a', POPT_ARG_NONE, &opt_all, 0, "delete in all folders", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* What one call did. */
struct pruning {
    struct arena *arena;
    uint64_t deleted;
    struct list notes; /* what was left, and why */
};

static bool pruned_print(struct snapshot_store *store, struct pruning *pruning, struct error *err)
{
    struct arena *arena = pruning->arena;
    struct snapshot_pruned pruned;
    if (!snapshot_prune(store, arena, &pruned, err))
        return false;
    LIST_FOREACH (pruned.notes, const char *, note)
        if (pruning->notes.count < LIMIT_SNAPSHOT_NOTES)
            *LIST_AT(pruning->notes, const char *, pruning->notes.count++) = *note;
    if (opt_json) {
        struct doc *table = doc_new(arena, DOC_TABLE);
        doc_add_integer(arena, table, "snapshots_deleted", (int64_t)pruning->deleted);
        doc_add_integer(arena, table, "objects_removed", (int64_t)pruned.objects);
        doc_add_integer(arena, table, "bytes_freed", (int64_t)pruned.bytes);
        doc_add_integer(arena, table, "packs", (int64_t)pruned.packs_after);
        notes_describe(&pruning->notes, "notes", arena, table);
        ui_json(table);
        return true;
    }
    notes_print(&pruning->notes, arena);
    printf("%" PRIu64 " snapshot%s deleted, %s freed\n", pruning->deleted,
           pruning->deleted == 1 ? "" : "s", ui_size(pruned.bytes, arena));
    return true;
}

/* Of the folder itself: nobody loses a snapshot of a folder around it for being in a part of it. */
static bool own_delete(struct snapshot_store *store, const char *name, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *folder = opt_path ? opt_path : ".";
    char real[PATH_MAX];
    struct snapshot other;
    if (!realpath(folder, real))
        return error_set_errno(err, "%s", folder);
    if (snapshot_delete(store, real, name, opt_force, err))
        return true;
    if (err->kind != ERROR_NOT_FOUND || !snapshot_find(store, folder, name, arena, &other, err))
        return false;
    error_set(err, NOT_FOUND, "there is no snapshot %s of %s", name, real);
    return error_hint(err, "there is one of %.160s, to be named by --path", other.folder);
}

static bool delete_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pruning pruning = { .arena = arena, .notes = notes_new(arena) };
    if (!operands[0])
        return error_set(err, INVALID, "expected the name of a snapshot");
    if (!snapshots_open(&store, err))
        return false;
    for (const char **name = operands; *name; name++, pruning.deleted++)
        if (!own_delete(store, *name, err))
            return false;
    struct error fault; /* what was asked for is done all the same */
    if (!pruned_print(store, &pruning, &fault)) {
        (void)fprintf(stderr, "what only they held is not freed yet: %s\n",
                      text_escape(fault.message, arena));
        printf("%" PRIu64 " snapshot%s deleted\n", pruning.deleted,
               pruning.deleted == 1 ? "" : "s");
    }
    return true;
}

/* How many snapshots of the same folder are newer. The list is oldest first. */
static uint64_t newer_count(const struct list *snapshots, const struct snapshot *snapshot)
{
    uint64_t count = 0;
    LIST_FOREACH (*snapshots, struct snapshot, other)
        count += other > snapshot && strcmp(other->folder, snapshot->folder) == 0;
    return count;
}

static bool is_due(const struct list *snapshots, const struct snapshot *snapshot)
{
    int64_t age_us = clock_now_us() - snapshot->created;
    bool old = opt_older >= 0 && age_us > (int64_t)opt_older * 86400 * CLOCK_SECOND;
    bool beyond = opt_keep >= 0 && newer_count(snapshots, snapshot) >= (uint64_t)opt_keep;
    if (opt_older >= 0 && opt_keep >= 0)
        return old && beyond;
    return old || beyond;
}

/* One whose restore was interrupted, or may have been, is passed over: it is needed to complete
 * that. */
static bool due_delete(struct snapshot_store *store, const struct list *snapshots,
                       struct pruning *pruning, struct error *err)
{
    LIST_FOREACH (*snapshots, struct snapshot, snapshot) {
        if (!is_due(snapshots, snapshot))
            continue;
        if (snapshot_delete(store, snapshot->folder, snapshot->name, false, err)) {
            pruning->deleted++;
            continue;
        }
        if (err->kind != ERROR_CONFLICT && err->kind != ERROR_UNTRUSTED)
            return false;
        notes_add(&pruning->notes, pruning->arena, snapshot->folder,
                  arena_printf(pruning->arena, "%s is kept: %s", snapshot->name, err->message));
    }
    return true;
}

static bool prune_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct list snapshots, unreadable; /* of those, nobody knows whether they are due */
    const char *folder = opt_all ? NULL : opt_path ? opt_path : ".";
    if ((opt_keep < 0 && opt_keep != NOT_GIVEN) || (opt_older < 0 && opt_older != NOT_GIVEN))
        return error_set(err, INVALID, "--keep and --older-than take a number from 0 on");
    if (!snapshots_open(&store, err) ||
        !snapshot_list(store, folder, arena, &snapshots, &unreadable, err))
        return false;
    struct pruning pruning = { .arena = arena, .notes = notes_new(arena) };
    return due_delete(store, &snapshots, &pruning, err) && pruned_print(store, &pruning, err);
}

const struct command command_snapshot_delete = {
    .name = "delete",
    .args = "SNAPSHOT...",
    .summary = "forget snapshots, and free what only they held",
    .examples = EXAMPLES("nono snapshot delete before-refactor"),
    .options = delete_options,
    .run = delete_run,
};

const struct command command_snapshot_prune = {
    .name = "prune",
    .summary = "free what no snapshot holds, and delete old ones when told to",
    .examples =
        EXAMPLES("nono snapshot prune --keep 10", "nono snapshot prune --older-than 30 --all"),
    .options = prune_options,
    .run = prune_run,
};
