#include "sandbox/snapshot/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"

#define CHUNK   (256 * KIB)
#define NO_PACK UINT32_MAX /* in the pack being written */

static size_t slot_of(const struct snapshot_store *store, const unsigned char digest[SHA256_BYTES])
{
    uint64_t hash;
    memcpy(&hash, digest, sizeof(hash)); /* a digest is as good as random */
    size_t slot = (size_t)hash & (store->table_size - 1);
    for (; store->table[slot]; slot = (slot + 1) & (store->table_size - 1))
        if (memcmp(store->objects[store->table[slot] - 1].digest, digest, SHA256_BYTES) == 0)
            break;
    return slot;
}

/* Twice the size once it is half full. */
static void table_grow(struct snapshot_store *store)
{
    free(store->table);
    store->table_size = store->table_size ? 2 * store->table_size : 1024;
    store->table = xcalloc(store->table_size, sizeof(*store->table));
    for (size_t i = 0; i < store->object_count; i++)
        store->table[slot_of(store, store->objects[i].digest)] = (uint32_t)i + 1;
}

struct object *object_find(const struct snapshot_store *store,
                           const unsigned char digest[SHA256_BYTES])
{
    if (!store->table_size)
        return NULL;
    uint32_t number = store->table[slot_of(store, digest)];
    return number ? &store->objects[number - 1] : NULL;
}

uint32_t objects_add_pack(struct snapshot_store *store, const char *name, uint64_t bytes)
{
    if (store->pack_count == store->pack_room) {
        store->pack_room = store->pack_room ? 2 * store->pack_room : 16;
        store->packs = xreallocarray(store->packs, store->pack_room, sizeof(*store->packs));
    }
    struct pack *pack = &store->packs[store->pack_count];
    *pack = (struct pack){ .bytes = bytes };
    (void)snprintf(pack->name, sizeof(pack->name), "%s", name);
    return (uint32_t)store->pack_count++;
}

bool objects_open_pack(const struct snapshot_store *store, uint32_t pack, int *out_fd,
                       struct error *err)
{
    return file_open_beneath(store->packs_dir, store->packs[pack].name, O_RDONLY, 0, out_fd, err) ||
           error_prefix(err, "snapshot store");
}

void objects_add(struct snapshot_store *store, const unsigned char digest[SHA256_BYTES],
                 uint32_t pack, uint64_t offset, uint64_t len)
{
    if (2 * (store->object_count + 1) > store->table_size)
        table_grow(store);
    size_t slot = slot_of(store, digest);
    if (store->table[slot])
        return;
    if (store->object_count == store->object_room) {
        store->object_room = store->object_room ? 2 * store->object_room : 1024;
        store->objects = xreallocarray(store->objects, store->object_room, sizeof(*store->objects));
    }
    struct object *object = &store->objects[store->object_count++];
    *object = (struct object){ .pack = pack, .offset = offset, .len = len };
    memcpy(object->digest, digest, SHA256_BYTES);
    store->table[slot] = (uint32_t)store->object_count;
}

static bool writer_ready(struct snapshot_store *store, struct error *err)
{
    if (store->writer && pack_writer_bytes(store->writer) > PACK_FULL &&
        !snapshot_store_commit(store, err))
        return false;
    if (store->writer)
        return true;
    store->written_from = store->object_count;
    return pack_writer_new(store->packs_dir, &store->writer, err);
}

bool snapshot_store_put(struct snapshot_store *store, const unsigned char digest[SHA256_BYTES],
                        const void *bytes, size_t len, struct error *err)
{
    if (object_find(store, digest))
        return true;
    if (!writer_ready(store, err) || !pack_put(store->writer, digest, bytes, len, err))
        return false;
    objects_add(store, digest, NO_PACK, 0, len);
    store->bytes_added += len;
    return true;
}

bool snapshot_store_copy(struct snapshot_store *store, int fd, uint64_t len,
                         unsigned char digest[SHA256_BYTES], uint64_t *out_len, struct error *err)
{
    if (!writer_ready(store, err) || !pack_copy(store->writer, fd, 0, len, digest, out_len, err))
        return false;
    if (object_find(store, digest))
        return pack_drop(store->writer, err);
    objects_add(store, digest, NO_PACK, 0, *out_len);
    store->bytes_added += *out_len;
    return true;
}

bool snapshot_store_commit(struct snapshot_store *store, struct error *err)
{
    char name[PACK_NAME_TEXT];
    CLEANUP(freep) struct pack_entry *entries = NULL;
    size_t count;
    if (!store->writer)
        return true;
    if (store->written_from < store->object_count) {
        if (!pack_writer_finish(store->writer, name, &entries, &count, err))
            return false;
        uint32_t number = objects_add_pack(store, name, pack_writer_bytes(store->writer));
        for (size_t i = 0; i < count; i++) {
            struct object *object = object_find(store, entries[i].digest);
            object->pack = number;
            object->offset = entries[i].offset;
        }
    }
    pack_writer_free(store->writer);
    store->writer = NULL;
    return true;
}

/* What the error messages call an object. */
static const char *short_name(const unsigned char digest[SHA256_BYTES], char out[16])
{
    (void)snprintf(out, 16, "%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3],
                   digest[4], digest[5]);
    return out;
}

static const struct pack *damaged_pack(const struct snapshot_store *store)
{
    for (size_t i = 0; i < store->pack_count; i++)
        if (store->packs[i].damage[0])
            return &store->packs[i];
    return NULL;
}

static bool object_get(const struct snapshot_store *store, const unsigned char digest[SHA256_BYTES],
                       struct object *out, struct error *err)
{
    char name[16];
    const struct object *object = object_find(store, digest);
    const struct pack *pack = damaged_pack(store);
    if (object && object->pack != NO_PACK) {
        *out = *object;
        return true;
    }
    if (!pack)
        return error_set(err, NOT_FOUND, "object %s is missing from the store",
                         short_name(digest, name));
    error_set(err, UNTRUSTED, "object %s is missing, and pack %.12s of the store is damaged: %s",
              short_name(digest, name), pack->name, pack->damage);
    return error_hint(err,
                      "bring the pack back from a backup, or delete the snapshots that need it: "
                      "nono snapshot verify --all names them");
}

static bool damaged(const unsigned char digest[SHA256_BYTES], struct error *err)
{
    char name[16];
    return error_set(err, UNTRUSTED, "object %s is damaged in the store", short_name(digest, name));
}

bool snapshot_store_read(const struct snapshot_store *store,
                         const unsigned char digest[SHA256_BYTES], size_t max_bytes,
                         struct writer *out, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    struct object object;
    if (!object_get(store, digest, &object, err))
        return false;
    if (object.len > max_bytes)
        return error_set(err, TOO_LARGE, "an object is over %zu bytes", max_bytes);
    if (!objects_open_pack(store, object.pack, &fd, err))
        return false;
    size_t before = out->len;
    unsigned char *bytes = writer_take(out, (size_t)object.len), actual[SHA256_BYTES];
    if (!pack_read(fd, bytes, (size_t)object.len, object.offset, err)) {
        out->len = before;
        return false;
    }
    sha256_of(bytes, (size_t)object.len, actual);
    if (memcmp(actual, digest, SHA256_BYTES) == 0)
        return true;
    out->len = before;
    return damaged(digest, err);
}

/* Whole blocks are shared where the file system can; false when nothing was copied. */
static bool object_clone(int from, const struct object *object, int to)
{
    uint64_t done = 0;
    while (done < object->len) {
        off_t source = (off_t)(object->offset + done), target = (off_t)done;
        ssize_t got = copy_file_range(from, &source, to, &target, object->len - done, 0);
        if (got <= 0)
            return false;
        done += (uint64_t)got;
    }
    return true;
}

bool snapshot_store_extract(const struct snapshot_store *store,
                            const unsigned char digest[SHA256_BYTES], int fd, struct error *err)
{
    CLEANUP(closep) int from = -1;
    struct object object;
    if (!object_get(store, digest, &object, err) ||
        !objects_open_pack(store, object.pack, &from, err))
        return false;
    /* a large one is copied in the kernel first, and what arrived is then read and checked */
    bool cloned = fd >= 0 && object.len > CHUNK && object_clone(from, &object, fd);

    CLEANUP(freep)
    char *chunk = xcalloc(1, object.len < CHUNK ? (size_t)object.len + 1 : CHUNK);
    unsigned char actual[SHA256_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    for (uint64_t done = 0; done < object.len;) {
        size_t part = object.len - done < CHUNK ? (size_t)(object.len - done) : CHUNK;
        if (!pack_read(cloned ? fd : from, chunk, part, cloned ? done : object.offset + done, err))
            return false;
        sha256_add(&sha, chunk, part);
        if (fd >= 0 && !cloned && !file_write_all(fd, chunk, part, err))
            return false;
        done += part;
    }
    sha256_end(&sha, actual);
    return memcmp(actual, digest, SHA256_BYTES) == 0 || damaged(digest, err);
}
