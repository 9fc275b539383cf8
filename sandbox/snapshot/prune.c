#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "sandbox/snapshot/load.h"
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
    struct writer object;
};

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
    }
}

static bool all_mark(struct prune *prune, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list snapshots;
    if (!snapshot_list(prune->store, NULL, arena, &snapshots, err))
        return false;
    LIST_FOREACH (snapshots, struct snapshot, snapshot) {
        CLEANUP(arena_freep) struct arena *scratch = arena_new();
        struct node root;
        if (!load_snapshot(prune->store, snapshot, scratch, &root, err)) {
            error_hint(err, "see nono snapshot verify; what is damaged can be deleted");
            return error_prefix(err, "%s", snapshot->folder);
        }
        folder_mark(prune, &root);
    }
    return true;
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
        small += store->packs[i].bytes < SMALL_PACK;
    for (size_t i = 0; i < store->pack_count; i++) {
        uint64_t bytes = store->packs[i].bytes - PACK_FRAME_BYTES;
        prune->rewritten[i] =
            (bytes < SMALL_PACK && small > 1) || prune->live[i] < bytes - bytes / 4;
    }
}

static bool writer_finish(struct prune *prune, struct error *err)
{
    char name[PACK_NAME_TEXT];
    CLEANUP(closep) int fd = -1;
    CLEANUP(freep) struct pack_entry *entries = NULL;
    size_t count;
    uint64_t bytes = pack_writer_bytes(prune->writer);
    if (!pack_writer_finish(prune->writer, name, &fd, &entries, &count, err))
        return false;
    bool same = false; /* the same objects: the same pack */
    for (size_t i = 0; i < prune->store->pack_count; i++) {
        if (strcmp(prune->store->packs[i].name, name) != 0)
            continue;
        prune->rewritten[i] = false;
        same = true;
    }
    prune->out->packs_after += !same;
    prune->written += same ? 0 : bytes;
    pack_writer_free(prune->writer);
    prune->writer = NULL;
    return true;
}

static bool object_copy(struct prune *prune, const struct object *object, struct error *err)
{
    if (prune->writer && pack_writer_bytes(prune->writer) > PACK_FULL && !writer_finish(prune, err))
        return false;
    if (!prune->writer && !pack_writer_new(prune->store->packs_dir, &prune->writer, err))
        return false;
    if (object->len <= WHOLE) {
        prune->object.len = 0;
        return snapshot_store_read(prune->store, object->digest, WHOLE, &prune->object, err) &&
               pack_put(prune->writer, object->digest, prune->object.bytes, prune->object.len, err);
    }
    unsigned char digest[SHA256_BYTES];
    uint64_t len;
    if (!pack_copy(prune->writer, prune->store->packs[object->pack].fd, object->offset, object->len,
                   digest, &len, err))
        return false;
    return memcmp(digest, object->digest, SHA256_BYTES) == 0 ||
           error_set(err, UNTRUSTED, "an object is damaged in the store");
}

static bool live_copy(struct prune *prune, struct error *err)
{
    struct snapshot_store *store = prune->store;
    for (size_t i = 0; i < store->object_count; i++) {
        const struct object *object = &store->objects[i];
        if (object->marked && prune->rewritten[object->pack] && !object_copy(prune, object, err))
            return false;
    }
    return !prune->writer || writer_finish(prune, err);
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
    packs_judge(prune);
    if (!live_copy(prune, err) || !old_remove(prune, err))
        return false;
    prune->out->bytes = prune->removed > prune->written ? prune->removed - prune->written : 0;
    return true;
}

bool snapshot_prune(struct snapshot_store *store, struct snapshot_pruned *out, struct error *err)
{
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    if (!snapshot_store_begin(begun, STORE_ALONE, err))
        return false;
    CLEANUP(freep) uint64_t *live = xcalloc(store->pack_count + 1, sizeof(*live));
    CLEANUP(freep) bool *rewritten = xcalloc(store->pack_count + 1, sizeof(*rewritten));
    *out = (struct snapshot_pruned){ .packs_before = store->pack_count };
    struct prune prune = { .store = store, .out = out, .live = live, .rewritten = rewritten };
    bool ok = run(&prune, err);
    pack_writer_free(prune.writer);
    writer_clear(&prune.object);
    return ok || error_prefix(err, "prune");
}
