/*
 * Tree objects: the entries of one folder as bytes (docs/formats/snapshot.md). Two digests belong
 * to a folder: its address is the SHA-256 of the object; its content digest, of which the
 * snapshot's root is the topmost, covers names, kinds, permission bits, sizes and contents alone,
 * so that touching a file or changing its owner does not change it.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "sandbox/snapshot/bytes.h"
#include "sandbox/snapshot/node.h"

/* Appends the object of folder's children to out; fills folder->digest and folder->tree. */
void tree_encode(struct node *folder, struct writer *out);

/*
 * Reads an object into folder->children, and fills folder->digest and folder->tree from its bytes;
 * the children's names are in arena. UNSUPPORTED for a newer version; INVALID for anything that
 * tree_encode would not have written.
 */
bool tree_decode(const void *bytes, size_t len, struct arena *arena, struct node *folder,
                 struct error *err) MUST_CHECK;

/* One component that is safe to use: not empty, ".", ".." or with a slash. */
bool node_name_check(const char *name, size_t len);
