#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/record.h"

DEFINE_CLEANUP(DIR *, closedir)

/* Snapshots found so far. */
struct found {
    struct arena *arena;
    struct snapshot *items;
    size_t count, room;
    struct snapshot_unreadable *unreadable;
    size_t unreadable_count, unreadable_room;
    bool strict; /* what cannot be read fails */
};

static void found_clear(struct found *found)
{
    free(found->items);
    free(found->unreadable);
}

static void found_add(struct found *found, const struct snapshot *snapshot)
{
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 16;
        found->items = xreallocarray(found->items, found->room, sizeof(*found->items));
    }
    found->items[found->count++] = *snapshot;
}

static void unreadable_add(struct found *found, int dir, const char *name,
                           const struct error *fault)
{
    const char *folder;
    size_t len;
    struct error err;
    if (found->unreadable_count == found->unreadable_room) {
        found->unreadable_room = found->unreadable_room ? 2 * found->unreadable_room : 4;
        found->unreadable =
            xreallocarray(found->unreadable, found->unreadable_room, sizeof(*found->unreadable));
    }
    bool known = file_read_beneath(dir, "folder", PATH_MAX, found->arena, &folder, &len, &err) &&
                 text_is_utf8(folder, len);
    found->unreadable[found->unreadable_count++] =
        (struct snapshot_unreadable){ name, known ? folder : NULL, *fault };
}

static bool folder_list(int dir, struct found *found, struct error *err)
{
    CLEANUP(closedirp) DIR *stream = NULL;
    if (!record_entries_open(dir, &stream, err))
        return false;
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        const char *name = record_name_of(entry->d_name, found->arena);
        struct snapshot *snapshot;
        if (!name)
            continue;
        if (!record_find(dir, name, found->arena, &snapshot, err)) {
            if (found->strict)
                return false;
            unreadable_add(found, dir, name, err);
        } else if (snapshot) { /* else it was removed meanwhile */
            found_add(found, snapshot);
        }
    }
    return true;
}

static bool all_list(const struct snapshot_store *store, struct found *found, struct error *err)
{
    CLEANUP(closedirp) DIR *stream = NULL;
    if (store->folders_dir < 0)
        return true;
    if (!record_entries_open(store->folders_dir, &stream, err))
        return false;
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        CLEANUP(closep) int dir = -1;
        if (entry->d_name[0] == '.')
            continue;
        if (!file_open_beneath(store->folders_dir, entry->d_name, O_RDONLY | O_DIRECTORY, 0, &dir,
                               err) ||
            !folder_list(dir, found, err))
            return false;
    }
    return true;
}

static int oldest_first(const void *a, const void *b)
{
    const struct snapshot *left = a, *right = b;
    if (left->created != right->created)
        return left->created < right->created ? -1 : 1;
    return strcmp(left->name, right->name);
}

static bool one_list(const struct snapshot_store *store, const char *folder, struct found *found,
                     struct error *err)
{
    CLEANUP(closep) int dir = -1;
    return record_folder_open(store, folder, false, &dir, err) &&
           (dir < 0 || folder_list(dir, found, err));
}

/* Makes of a path without links that of the folder around it, at last "/". */
static bool go_up(char *real)
{
    char *end = strrchr(real, '/');
    if (!end || real[1] == '\0')
        return false;
    end[end == real] = '\0';
    return true;
}

static void found_take(struct found *found, struct list *out, struct list *out_unreadable)
{
    struct snapshot *items = ARENA_ARRAY(found->arena, struct snapshot, found->count);
    if (found->count) {
        qsort(found->items, found->count, sizeof(*found->items), oldest_first);
        memcpy(items, found->items, found->count * sizeof(*items));
    }
    *out = (struct list){ items, found->count };
    if (!out_unreadable)
        return;
    size_t count = found->unreadable_count;
    *out_unreadable =
        (struct list){ ARENA_ARRAY(found->arena, struct snapshot_unreadable, count), count };
    for (size_t i = 0; i < count; i++)
        *LIST_AT(*out_unreadable, struct snapshot_unreadable, i) = found->unreadable[i];
}

bool snapshot_list(struct snapshot_store *store, const char *folder, struct arena *arena,
                   struct list *out, struct list *out_unreadable, struct error *err)
{
    CLEANUP(found_clear) struct found found = { .arena = arena, .strict = !out_unreadable };
    char real[PATH_MAX];
    if (!folder && !all_list(store, &found, err))
        return false;
    if (folder && (!record_folder_real(folder, real, err) || !one_list(store, real, &found, err)))
        return false;
    found_take(&found, out, out_unreadable);
    return true;
}

bool snapshot_list_around(struct snapshot_store *store, const char *folder, struct arena *arena,
                          struct list *out, struct list *out_unreadable, struct error *err)
{
    CLEANUP(found_clear) struct found found = { .arena = arena, .strict = !out_unreadable };
    char real[PATH_MAX];
    if (!record_folder_real(folder, real, err))
        return false;
    do {
        if (!one_list(store, real, &found, err))
            return false;
    } while (go_up(real));
    found_take(&found, out, out_unreadable);
    return true;
}

/* In one folder alone; *found says whether there is one. */
static bool folder_find(struct snapshot_store *store, const char *folder, const char *name,
                        struct arena *arena, struct snapshot *out, bool *found, struct error *err)
{
    CLEANUP(closep) int dir = -1;
    struct snapshot *named = NULL;
    *found = false;
    if (!record_folder_open(store, folder, false, &dir, err))
        return false;
    if (dir < 0)
        return true;
    if (name) {
        if (!record_find(dir, name, arena, &named, err))
            return false;
    } else {
        struct list list;
        if (!snapshot_list(store, folder, arena, &list, NULL, err))
            return error_prefix(err, "which is the newest cannot be told");
        if (list.count)
            named = LIST_AT(list, struct snapshot, list.count - 1);
    }
    *found = named != NULL;
    if (named)
        *out = *named;
    return true;
}

static bool not_found(struct snapshot_store *store, const char *folder, const char *name,
                      struct arena *arena, struct error *err)
{
    struct list list, unreadable;
    if (!snapshot_list(store, folder, arena, &list, &unreadable, err))
        return false;
    if (!name)
        return error_set(err, NOT_FOUND, "%s has no snapshot yet", folder);
    const char **names = ARENA_ARRAY(arena, const char *, list.count);
    for (size_t i = 0; i < list.count; i++)
        names[i] = LIST_AT(list, struct snapshot, i)->name;
    const char *near = text_nearest(name, names, list.count);
    error_set(err, NOT_FOUND, "there is no snapshot %s of %s", name, folder);
    return near ? error_hint(err, "did you mean %s?", near) : false;
}

bool snapshot_find(struct snapshot_store *store, const char *folder, const char *name,
                   struct arena *arena, struct snapshot *out, struct error *err)
{
    char real[PATH_MAX];
    bool found = false;
    if ((name && !record_name_check(name, err)) || !record_folder_real(folder, real, err))
        return false;
    do {
        if (!folder_find(store, real, name, arena, out, &found, err))
            return false;
        if (found)
            return true;
    } while (go_up(real));
    return record_folder_real(folder, real, err) && not_found(store, real, name, arena, err);
}

/* The folder is locked: a journal that is there is of a restore that was killed. */
static bool interrupted_check(int dir, const char *name, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal journal;
    if (!restore_journal_read(dir, arena, &journal, err))
        return false;
    if (!journal.name || !journal.applying || strcmp(journal.name, name) != 0)
        return true;
    error_set(err, CONFLICT, "a restore of %s was interrupted and is not complete", name);
    return error_hint(err,
                      "complete it first: nono snapshot restore %s; "
                      "or delete it with --force, and the folder stays as it is",
                      name);
}

bool snapshot_delete(struct snapshot_store *store, const char *folder, const char *name, bool force,
                     struct error *err)
{
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int lock = -1;
    if (!record_name_check(name, err) || !record_folder_open(store, folder, false, &dir, err))
        return false;
    if (dir < 0)
        return error_set(err, NOT_FOUND, "there is no snapshot %s of the folder", name);
    crash_point("snapshot.delete");
    if (!record_folder_lock(dir, &lock, err))
        return false;
    /* a journal that cannot be read may be of this snapshot's restore */
    if (force ? record_is_there(dir, name) && !restore_journal_give_up(dir, err)
              : !interrupted_check(dir, name, err))
        return false;
    return record_remove(dir, name, err);
}
