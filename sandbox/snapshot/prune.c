#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/load.h"
#include "sandbox/snapshot/notes.h"
#include "sandbox/snapshot/objects.h"

#define SMALL_PACK ((uint64_t)8 * MIB) /* two of these are joined */
#define WHOLE      MIB                 /* an object up to this is copied through memory */

DEFINE_CLEANUP(DIR *, closedir)

struct prune {
    struct snapshot_store *store;
    struct snapshot_pruned *out;
    struct pack_writer *writer;
    uint64_t *live; /* bytes that are needed, by pack */
    uint64_t written, removed;
    bool *rewritten; /* by pack */
    size_t copied;   /* objects in the writer */
    bool missing;    /* something that a snapshot needs; it may be in a damaged pack */
    bool blind;      /* what a snapshot needs cannot be told */
    struct arena *arena;
    struct writer object;
};

static void note(struct prune *prune, const char *subject, const char *what)
{
    notes_add(&prune->out->notes, prune->arena, subject, what);
}

static void pack_note(struct prune *prune, size_t pack, const char *damage, const char *what)
{
    char subject[32];
    (void)snprintf(subject, sizeof(subject), "pack %.12s", prune->store->packs[pack].name);
    note(prune, subject, arena_printf(prune->arena, "%s; %s", damage, what));
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
static void folder_mark(struct prune *prune, const struct node *folder)
{
    object_find(prune->store, folder->tree)->marked = true;
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = &folder->children[i];
        if (node->kind == NODE_FOLDER)
            folder_mark(prune, node);
        struct object *object =
            node_has_content(node) ? object_find(prune->store, node->digest) : NULL;
        if (object)
            object->marked = true;
        else if (node_has_content(node))
            prune->missing = true;
    }
}

/* Of a snapshot that may need anything. */
static void blind_note(struct prune *prune, const char *folder, const struct error *fault)
{
    prune->blind = true;
    note(prune, folder ? folder : "of an unknown folder",
         arena_printf(prune->arena, "%s; nothing is freed until it is whole or deleted",
                      fault->message));
}

static bool all_mark(struct prune *prune, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list snapshots, unreadable;
    if (!snapshot_list(prune->store, NULL, arena, &snapshots, &unreadable, err))
        return false;
    LIST_FOREACH (unreadable, struct snapshot_unreadable, snapshot)
        blind_note(prune, snapshot->folder, &snapshot->fault);
    LIST_FOREACH (snapshots, struct snapshot, snapshot) {
        CLEANUP(arena_freep) struct arena *scratch = arena_new();
        struct node root;
        struct error fault;
        if (load_snapshot(prune->store, snapshot, scratch, &root, &fault)) {
            folder_mark(prune, &root);
            continue;
        }
        blind_note(prune, snapshot->folder, &fault);
    }
    return true;
}

/* Nobody can say what was in it: it goes when nothing is missing. */
static void damaged_judge(struct prune *prune, size_t pack)
{
    prune->rewritten[pack] = !prune->missing;
    pack_note(prune, pack, prune->store->packs[pack].damage,
              prune->missing ? "kept, for snapshots need what may be in it: see "
                               "nono snapshot verify --all"
                             : "removed, for no snapshot needs it");
}

/* Packs that are a quarter waste, and small ones when there are several. */
static void packs_judge(struct prune *prune)
{
    struct snapshot_store *store = prune->store;
    size_t small = 0;
    for (size_t i = 0; i < store->object_count; i++) {
        const struct object *object = &store->objects[i];
        prune->out->objects += !object->marked;
        prune->live[object->pack] += object->marked ? object->len + PACK_ENTRY_BYTES : 0;
    }
    for (size_t i = 0; i < store->pack_count; i++)
        small += !store->packs[i].damage[0] && store->packs[i].bytes < SMALL_PACK;
    for (size_t i = 0; i < store->pack_count; i++) {
        if (store->packs[i].damage[0]) {
            damaged_judge(prune, i);
            continue;
        }
        uint64_t bytes = store->packs[i].bytes - PACK_FRAME_BYTES;
        prune->rewritten[i] =
            (bytes < SMALL_PACK && small > 1) || prune->live[i] < bytes - bytes / 4;
    }
}

static bool writer_finish(struct prune *prune, struct error *err)
{
    char name[PACK_NAME_TEXT];
    CLEANUP(freep) struct pack_entry *entries = NULL;
    size_t count;
    if (!pack_writer_finish(prune->writer, name, &entries, &count, err))
        return false;
    bool same = false; /* the same objects: the same pack */
    for (size_t i = 0; i < prune->store->pack_count; i++) {
        if (strcmp(prune->store->packs[i].name, name) != 0)
            continue;
        prune->rewritten[i] = false;
        same = true;
    }
    prune->out->packs_after += !same;
    prune->written += same ? 0 : pack_writer_bytes(prune->writer);
    pack_writer_free(prune->writer);
    prune->writer = NULL;
    prune->copied = 0;
    return true;
}

/* UNTRUSTED when the object is damaged; the writer is then as it was. */
static bool object_copy(struct prune *prune, const struct object *object, struct error *err)
{
    if (object->len <= WHOLE) {
        prune->object.len = 0;
        return snapshot_store_read(prune->store, object->digest, WHOLE, &prune->object, err) &&
               pack_put(prune->writer, object->digest, prune->object.bytes, prune->object.len, err);
    }
    CLEANUP(closep) int fd = -1;
    unsigned char digest[SHA256_BYTES];
    uint64_t len;
    if (!objects_open_pack(prune->store, object->pack, &fd, err) ||
        !pack_copy(prune->writer, fd, object->offset, object->len, digest, &len, err))
        return false;
    if (memcmp(digest, object->digest, SHA256_BYTES) == 0)
        return true;
    return pack_drop(prune->writer, err) && error_set(err, UNTRUSTED, "an object is damaged");
}

/* A pack with a damaged object stays, and everything in it. */
static bool object_move(struct prune *prune, const struct object *object, struct error *err)
{
    struct error fault;
    if (prune->writer && pack_writer_bytes(prune->writer) > PACK_FULL && prune->copied &&
        !writer_finish(prune, err))
        return false;
    if (!prune->writer && !pack_writer_new(prune->store->packs_dir, &prune->writer, err))
        return false;
    if (object_copy(prune, object, &fault)) {
        prune->copied++;
        return true;
    }
    if (fault.kind != ERROR_UNTRUSTED) {
        *err = fault;
        return false;
    }
    prune->rewritten[object->pack] = false;
    pack_note(prune, object->pack, fault.message, "kept: see nono snapshot verify --all");
    return true;
}

static bool live_copy(struct prune *prune, struct error *err)
{
    struct snapshot_store *store = prune->store;
    for (size_t i = 0; i < store->object_count; i++) {
        const struct object *object = &store->objects[i];
        if (object->marked && prune->rewritten[object->pack] && !object_move(prune, object, err))
            return false;
    }
    return !prune->copied || writer_finish(prune, err);
}

static bool old_remove(struct prune *prune, struct error *err)
{
    struct snapshot_store *store = prune->store;
    crash_point("snapshot.prune.copied");
    for (size_t i = 0; i < store->pack_count; i++) {
        if (!prune->rewritten[i]) {
            prune->out->packs_after++;
            continue;
        }
        if (unlinkat(store->packs_dir, store->packs[i].name, 0) != 0)
            return error_set_errno(err, "remove a pack");
        prune->removed += store->packs[i].bytes;
        crash_point("snapshot.prune.removed");
    }
    return file_sync(store->packs_dir, err);
}

/* What killed writers left; we are alone here. */
static bool leftovers_remove(const struct snapshot_store *store, struct error *err)
{
    int copy = openat(store->packs_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedirp) DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream)
        return error_set_errno(err, "list the packs");
    for (struct dirent *entry; (entry = readdir(stream));) /* NOLINT(concurrency-mt-unsafe) */
        if (text_starts(entry->d_name, ".tmp-") &&
            unlinkat(store->packs_dir, entry->d_name, 0) != 0)
            return error_set_errno(err, "remove %s", entry->d_name);
    return true;
}

static bool run(struct prune *prune, struct error *err)
{
    if (!leftovers_remove(prune->store, err) || !all_mark(prune, err))
        return false;
    if (prune->blind) {
        prune->out->packs_after = prune->store->pack_count;
        return true;
    }
    packs_judge(prune);
    if (!live_copy(prune, err) || !old_remove(prune, err))
        return false;
    prune->out->bytes = prune->removed > prune->written ? prune->removed - prune->written : 0;
    return true;
}

bool snapshot_prune(struct snapshot_store *store, struct arena *arena, struct snapshot_pruned *out,
                    struct error *err)
{
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    if (!snapshot_store_begin(begun, STORE_ALONE, err))
        return false;
    CLEANUP(freep) uint64_t *live = xcalloc(store->pack_count + 1, sizeof(*live));
    CLEANUP(freep) bool *rewritten = xcalloc(store->pack_count + 1, sizeof(*rewritten));
    *out = (struct snapshot_pruned){ .packs_before = store->pack_count, .notes = notes_new(arena) };
    struct prune prune = {
        .store = store, .out = out, .live = live, .rewritten = rewritten, .arena = arena
    };
    bool ok = run(&prune, err);
    pack_writer_free(prune.writer);
    writer_clear(&prune.object);
    return ok || error_prefix(err, "prune");
}
