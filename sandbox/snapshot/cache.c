#include "sandbox/snapshot/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "sandbox/snapshot/tree.h"

#define MAGIC     "nonostat"
#define VERSION   1
#define ENTRY_LEN 72 /* of a file, without the name */

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is bounded */
static void children_encode(const struct node *folder, struct writer *out)
{
    put_u32(out, (uint32_t)folder->count);
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = &folder->children[i];
        put_u8(out, (uint8_t)node->kind);
        put_u8(out, 0);
        put_u16(out, node->name_len);
        put_u32(out, 0);
        put_u64(out, node->ino);
        put_u64(out, node->size);
        put_u64(out, (uint64_t)node->mtime_ns);
        put_u64(out, (uint64_t)node->ctime_ns);
        put_bytes(out, node->digest, SHA256_BYTES);
        put_bytes(out, node->name, node->name_len);
        if (node->kind == NODE_FOLDER)
            children_encode(node, out);
    }
}

void cache_encode(const struct node *root, int64_t taken_ns, struct writer *out)
{
    unsigned char digest[SHA256_BYTES];
    put_bytes(out, MAGIC, 8);
    put_u32(out, VERSION);
    put_u32(out, 0);
    put_u64(out, (uint64_t)taken_ns);
    children_encode(root, out);
    sha256_of(out->bytes, out->len, digest);
    put_bytes(out, digest, sizeof(digest));
}

static bool entry_decode(struct reader *reader, struct arena *arena, struct node *node)
{
    uint8_t kind = get_u8(reader), zero = get_u8(reader);
    node->name_len = get_u16(reader);
    uint32_t zeros = get_u32(reader);
    node->ino = get_u64(reader);
    node->size = get_u64(reader);
    node->mtime_ns = (int64_t)get_u64(reader);
    node->ctime_ns = (int64_t)get_u64(reader);
    get_copy(reader, node->digest, SHA256_BYTES);
    const char *name = (const char *)get_bytes(reader, node->name_len);
    if (!name || !node_name_check(name, node->name_len) || !node_is_kind(kind) || zero || zeros)
        return false;
    node->kind = (enum node_kind)kind;
    node->name = arena_strndup(arena, name, node->name_len);
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool children_decode(struct reader *reader, struct arena *arena, unsigned depth,
                            struct node *folder)
{
    uint32_t count = get_u32(reader);
    if (depth > LIMIT_SNAPSHOT_DEPTH || count > reader->left / ENTRY_LEN)
        return false;
    folder->children = ARENA_ARRAY(arena, struct node, count);
    folder->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct node *node = &folder->children[i];
        if (!entry_decode(reader, arena, node) || (i && strcmp(node[-1].name, node->name) >= 0))
            return false;
        if (node->kind == NODE_FOLDER && !children_decode(reader, arena, depth + 1, node))
            return false;
    }
    return true;
}

bool cache_decode(const void *bytes, size_t len, struct arena *arena, struct cache *out)
{
    unsigned char digest[SHA256_BYTES];
    if (len < SHA256_BYTES)
        return false;
    len -= SHA256_BYTES;
    sha256_of(bytes, len, digest);
    if (memcmp((const char *)bytes + len, digest, SHA256_BYTES) != 0)
        return false;

    struct reader reader = { bytes, len, false };
    const unsigned char *magic = get_bytes(&reader, 8);
    if (!magic || memcmp(magic, MAGIC, 8) != 0 || get_u32(&reader) != VERSION)
        return false;
    if (get_u32(&reader))
        return false;
    struct cache cache = { .taken_ns = (int64_t)get_u64(&reader) };
    if (cache.taken_ns < 0) /* no look was before 1970 */
        return false;
    cache.root = ARENA_NEW(arena, struct node);
    cache.root->kind = NODE_FOLDER;
    if (!children_decode(&reader, arena, 0, cache.root) || reader.left || reader.short_of)
        return false;
    *out = cache;
    return true;
}

void cache_read(int dir, struct arena *arena, struct cache *out)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *bytes;
    size_t len;
    struct error err;
    *out = (struct cache){ 0 };
    if (file_read_beneath(dir, "stat", LIMIT_SNAPSHOT_CACHE_BYTES, scratch, &bytes, &len, &err) &&
        !cache_decode(bytes, len, arena, out))
        *out = (struct cache){ 0 };
}

/* Not durable: a cache that a power failure cuts short does not match its digest. */
void cache_write(int dir, const struct node *root, int64_t taken_ns)
{
    struct writer text = { 0 };
    struct error err;
    cache_encode(root, taken_ns, &text);
    CLEANUP(closep) int fd = -1;
    (void)unlinkat(dir, ".stat", 0);
    if (!file_open_beneath(dir, ".stat", O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &err) ||
        !file_write_all(fd, text.bytes, text.len, &err) || renameat(dir, ".stat", dir, "stat") != 0)
        (void)unlinkat(dir, ".stat", 0);
    writer_clear(&text);
}
