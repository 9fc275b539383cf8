#include "sandbox/snapshot/load.h"

#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "sandbox/snapshot/tree.h"

struct load {
    const struct snapshot_store *store;
    struct arena *arena;
    struct writer object;
    size_t entries;
    unsigned depth;
};

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool folder_load(struct load *load, struct node *folder, struct error *err)
{
    unsigned char expected[SHA256_BYTES];
    memcpy(expected, folder->digest, SHA256_BYTES);
    load->object.len = 0;
    if (!snapshot_store_read(load->store, folder->tree, LIMIT_SNAPSHOT_FOLDER_BYTES, &load->object,
                             err) ||
        !tree_decode(load->object.bytes, load->object.len, load->arena, folder, err))
        return false;
    load->entries += folder->count;
    if (load->entries > LIMIT_SNAPSHOT_ENTRIES || load->depth > LIMIT_SNAPSHOT_DEPTH)
        return error_set(err, TOO_LARGE, "the snapshot is larger than any");
    if (load->depth && memcmp(folder->digest, expected, SHA256_BYTES) != 0)
        return error_set(err, UNTRUSTED, "the digest of a folder is not that of its entries");

    load->depth++;
    for (size_t i = 0; i < folder->count; i++) {
        struct node *node = &folder->children[i];
        if (node->kind == NODE_FOLDER && !folder_load(load, node, err))
            return error_prefix(err, "%s", node->name);
    }
    load->depth--;
    return true;
}

bool load_tree(const struct snapshot_store *store, struct arena *arena, struct node *root,
               struct error *err)
{
    struct load load = { .store = store, .arena = arena };
    root->kind = NODE_FOLDER;
    bool ok = folder_load(&load, root, err);
    writer_clear(&load.object);
    return ok;
}

bool load_snapshot(const struct snapshot_store *store, const struct snapshot *snapshot,
                   struct arena *arena, struct node *root, struct error *err)
{
    unsigned char expected[SHA256_BYTES];
    *root = (struct node){ 0 };
    if (!hex_decode(snapshot->root, expected, SHA256_BYTES) ||
        !hex_decode(snapshot->tree, root->tree, SHA256_BYTES))
        return error_set(err, INVALID, "snapshot %s: a digest has no known form", snapshot->name);
    if (!load_tree(store, arena, root, err))
        return error_prefix(err, "snapshot %s", snapshot->name);
    if (memcmp(root->digest, expected, SHA256_BYTES) != 0)
        return error_set(err, UNTRUSTED, "snapshot %s: the root is not that of its tree",
                         snapshot->name);
    return true;
}
