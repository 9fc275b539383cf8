/* The table of a store's objects, for the files of this module. */
#pragma once

#include "lib/base/limits.h"
#include "sandbox/snapshot/store.h"

#define PACK_FULL ((uint64_t)1024 * MIB) /* the next object then begins another pack */

uint32_t objects_add_pack(struct snapshot_store *store, const char *name, uint64_t bytes);
/* A pack is open for as long as it is read: there may be more of them than descriptors. */
bool objects_open_pack(const struct snapshot_store *store, uint32_t pack, int *out_fd,
                       struct error *err) MUST_CHECK;
/* An object that is there already keeps its place. */
void objects_add(struct snapshot_store *store, const unsigned char digest[SHA256_BYTES],
                 uint32_t pack, uint64_t offset, uint64_t len);
