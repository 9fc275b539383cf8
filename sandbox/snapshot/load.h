/* A snapshot's tree, from the store; every object is checked against its digest. */
#pragma once

#include "sandbox/snapshot/node.h"
#include "sandbox/snapshot/store.h"

/* Fills root, a folder, from the object at root->tree. */
bool load_tree(const struct snapshot_store *store, struct arena *arena, struct node *root,
               struct error *err) MUST_CHECK;
/* The tree of a snapshot; its root must be the recorded one. */
bool load_snapshot(const struct snapshot_store *store, const struct snapshot *snapshot,
                   struct arena *arena, struct node *root, struct error *err) MUST_CHECK;
