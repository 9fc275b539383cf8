/*
 * The store: objects by digest, in packs. Between snapshot_store_begin and snapshot_store_end a
 * process has it locked: shared with others to read and to add, alone to remove. What was added
 * appears to others, and lasts, with snapshot_store_commit; without it nothing happened.
 *
 *     snapshots/format     "nono snapshot store 1"
 *     snapshots/lock
 *     snapshots/packs/     the objects (pack.h)
 *     snapshots/folders/   a folder for each one that has snapshots (record.h)
 */
#pragma once

#include "sandbox/snapshot/bytes.h"
#include "sandbox/snapshot/pack.h"
#include "sandbox/snapshot/snapshot.h"

struct object {
    unsigned char digest[SHA256_BYTES];
    uint32_t pack;
    bool marked; /* by whoever walks the store */
    uint64_t offset, len;
};

#define PACK_DAMAGE_TEXT 64

struct pack {
    char name[PACK_NAME_TEXT];     /* "" for the one being written */
    uint64_t bytes;                /* the file's size */
    char damage[PACK_DAMAGE_TEXT]; /* why nothing in it can be found; "" for a whole one */
};

struct snapshot_store {
    int dir, packs_dir, folders_dir;
    int lock;
    struct pack *packs;
    size_t pack_count, pack_room;
    struct object *objects;
    size_t object_count, object_room;
    uint32_t *table; /* object number + 1, by digest; a power of two long */
    size_t table_size;
    struct pack_writer *writer; /* NULL until something is added */
    size_t written_from;        /* the first object of the writer */
    uint64_t bytes_added;
};

enum store_use { STORE_SHARED, STORE_ALONE };

/* Locks, and reads what is there. What a damaged pack holds is not there: it is stored again by who
 * has it, and missed by who needs it. */
bool snapshot_store_begin(struct snapshot_store *store, enum store_use use, struct error *err)
    MUST_CHECK;
/* Drops what was not committed. */
void snapshot_store_end(struct snapshot_store *store);
static inline void snapshot_store_endp(struct snapshot_store **store)
{
    snapshot_store_end(*store);
}

/* NULL when the store does not have it. Valid until something is added. */
struct object *object_find(const struct snapshot_store *store,
                           const unsigned char digest[SHA256_BYTES]);

/* Adds an object unless it is there. */
bool snapshot_store_put(struct snapshot_store *store, const unsigned char digest[SHA256_BYTES],
                        const void *bytes, size_t len, struct error *err) MUST_CHECK;
/* Adds the first len bytes of a file; the digest and length are of what was stored. */
bool snapshot_store_copy(struct snapshot_store *store, int fd, uint64_t len,
                         unsigned char digest[SHA256_BYTES], uint64_t *out_len, struct error *err)
    MUST_CHECK;
bool snapshot_store_commit(struct snapshot_store *store, struct error *err) MUST_CHECK;

/* The whole of an object, appended to out, its digest checked. NOT_FOUND when it is missing from a
 * whole store, UNTRUSTED when it is not what it was or may be in a damaged pack, TOO_LARGE over
 * max_bytes. */
bool snapshot_store_read(const struct snapshot_store *store,
                         const unsigned char digest[SHA256_BYTES], size_t max_bytes,
                         struct writer *out, struct error *err) MUST_CHECK;
/* Copies an object to an empty file, sharing blocks where that is possible, and checks the digest
 * of what arrived. fd is open for reading and writing; -1 checks without copying. */
bool snapshot_store_extract(const struct snapshot_store *store,
                            const unsigned char digest[SHA256_BYTES], int fd, struct error *err)
    MUST_CHECK;
