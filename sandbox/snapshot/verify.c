#include <assert.h>

#include "sandbox/snapshot/load.h"
#include "sandbox/snapshot/notes.h"
#include "sandbox/snapshot/path.h"

struct verify {
    struct snapshot_store *store;
    struct arena *arena;
    struct snapshot_verified *out;
    struct path path;
};

static void fault_add(struct verify *verify, const struct error *fault)
{
    verify->out->fault_count++;
    notes_add(&verify->out->faults, verify->arena, verify->path.text, fault->message);
}

/* Each object once, however many files have it. */
static void content_verify(struct verify *verify, const struct node *node)
{
    struct error fault;
    struct object *object = object_find(verify->store, node->digest);
    if (object && object->marked)
        return;
    if (!snapshot_store_extract(verify->store, node->digest, -1, &fault)) {
        fault_add(verify, &fault);
        return;
    }
    assert(object); /* or nothing could have been extracted */
    if (object->len != node->size) {
        error_set(&fault, UNTRUSTED, "its size is not the recorded one");
        fault_add(verify, &fault);
        return;
    }
    object->marked = true;
    verify->out->objects++;
    verify->out->bytes += object->len;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a tree, which is bounded */
static bool folder_verify(struct verify *verify, const struct node *folder, struct error *err)
{
    verify->out->objects++;
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = &folder->children[i];
        size_t before;
        if (!path_push(&verify->path, node, &before, err))
            return false;
        if (node_has_content(node))
            content_verify(verify, node);
        if (node->kind == NODE_FOLDER && !folder_verify(verify, node, err))
            return false;
        path_pop(&verify->path, before);
    }
    return true;
}

bool snapshot_verify(struct snapshot_store *store, const struct snapshot *snapshot,
                     struct arena *arena, struct snapshot_verified *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    CLEANUP(freep) struct verify *verify = xnew(struct verify);
    struct node root;
    struct error fault;
    *out = (struct snapshot_verified){ .faults = notes_new(arena) };
    *verify = (struct verify){ store, arena, out, { "", 0 } };
    if (!snapshot_store_begin(begun, STORE_SHARED, err))
        return false;
    if (!load_snapshot(store, snapshot, scratch, &root, &fault)) {
        out->fault_count = 1;
        notes_add(&out->faults, arena, snapshot->name, fault.message);
        return true;
    }
    return folder_verify(verify, &root, err);
}

bool snapshot_verify_packs(struct snapshot_store *store, struct arena *arena, struct list *out,
                           struct error *err)
{
    CLEANUP(snapshot_store_endp) struct snapshot_store *begun = store;
    *out = (struct list){ 0 };
    if (store->packs_dir < 0) /* snapshot_store_find found none */
        return true;
    if (!snapshot_store_begin(begun, STORE_SHARED, err))
        return false;
    out->items = ARENA_ARRAY(arena, struct snapshot_damage, store->pack_count);
    for (size_t i = 0; i < store->pack_count; i++) {
        const struct pack *pack = &store->packs[i];
        if (!pack->damage[0])
            continue;
        *LIST_AT(*out, struct snapshot_damage, out->count++) = (struct snapshot_damage){
            arena_strndup(arena, pack->name, strlen(pack->name)),
            arena_strndup(arena, pack->damage, strlen(pack->damage)),
        };
    }
    return true;
}
