#include "sandbox/snapshot/tree.h"

#include "lib/base/limits.h"

#define MAGIC      "nonotree"
#define VERSION    1
#define HEADER_LEN 16
#define ENTRY_LEN  64 /* without the tree of a folder, and the name */

/* In front of what a content digest is taken of, so that it is never that of a file. */
#define DOMAIN "nono.snapshot.folder.v1\n"

/* The content digest: what a snapshot promises to bring back. */
static void folder_digest(const struct node *folder, unsigned char out[SHA256_BYTES])
{
    struct writer text = { 0 };
    put_bytes(&text, DOMAIN, strlen(DOMAIN));
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = &folder->children[i];
        put_u8(&text, (uint8_t)node->kind);
        put_u16(&text, node->mode);
        put_u16(&text, node->name_len);
        put_u64(&text, node->size);
        put_bytes(&text, node->digest, SHA256_BYTES);
        put_bytes(&text, node->name, node->name_len);
    }
    sha256_of(text.bytes, text.len, out);
    writer_clear(&text);
}

void tree_encode(struct node *folder, struct writer *out)
{
    size_t start = out->len;
    put_bytes(out, MAGIC, 8);
    put_u32(out, VERSION);
    put_u32(out, (uint32_t)folder->count);
    for (size_t i = 0; i < folder->count; i++) {
        const struct node *node = &folder->children[i];
        put_u8(out, (uint8_t)node->kind);
        put_u8(out, 0);
        put_u16(out, node->mode);
        put_u16(out, node->name_len);
        put_u16(out, 0);
        put_u32(out, node->uid);
        put_u32(out, node->gid);
        put_u64(out, (uint64_t)node->mtime_ns);
        put_u64(out, node->size);
        put_bytes(out, node->digest, SHA256_BYTES);
        if (node->kind == NODE_FOLDER)
            put_bytes(out, node->tree, SHA256_BYTES);
        put_bytes(out, node->name, node->name_len);
    }
    folder_digest(folder, folder->digest);
    sha256_of(out->bytes + start, out->len - start, folder->tree);
}

bool node_name_check(const char *name, size_t len)
{
    if (len == 0 || len > NODE_NAME_MAX || memchr(name, '/', len) || memchr(name, '\0', len))
        return false;
    return name[0] != '.' || (len != 1 && (len != 2 || name[1] != '.'));
}

static bool entry_decode(struct reader *reader, struct arena *arena, struct node *node,
                         struct error *err)
{
    uint8_t kind = get_u8(reader), zero = get_u8(reader);
    node->mode = get_u16(reader);
    node->name_len = get_u16(reader);
    uint16_t zeros = get_u16(reader);
    node->uid = get_u32(reader);
    node->gid = get_u32(reader);
    node->mtime_ns = (int64_t)get_u64(reader);
    node->size = get_u64(reader);
    get_copy(reader, node->digest, SHA256_BYTES);
    if (kind == NODE_FOLDER)
        get_copy(reader, node->tree, SHA256_BYTES);
    const char *name = (const char *)get_bytes(reader, node->name_len);
    if (!name)
        return error_set(err, INVALID, "the entries are cut short");
    if (!node_is_kind(kind) || zero || zeros || node->mode & ~NODE_MODE_MASK)
        return error_set(err, INVALID, "an entry has no known form");
    if (!node_name_check(name, node->name_len))
        return error_set(err, INVALID, "an entry has no usable name");
    node->kind = (enum node_kind)kind;
    if (!node_has_content(node) && node->size)
        return error_set(err, INVALID, "an entry without content has a size");
    node->name = arena_strndup(arena, name, node->name_len);
    return true;
}

bool tree_decode(const void *bytes, size_t len, struct arena *arena, struct node *folder,
                 struct error *err)
{
    struct reader reader = { bytes, len, false };
    const unsigned char *magic = get_bytes(&reader, 8);
    if (!magic || memcmp(magic, MAGIC, 8) != 0)
        return error_set(err, INVALID, "not a folder's entries");
    uint32_t version = get_u32(&reader), count = get_u32(&reader);
    if (version > VERSION)
        return error_set(err, UNSUPPORTED, "written by a newer version (%u)", version);
    if (version != VERSION || reader.short_of || count > reader.left / ENTRY_LEN)
        return error_set(err, INVALID, "the entries are cut short");

    struct node *children = ARENA_ARRAY(arena, struct node, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!entry_decode(&reader, arena, &children[i], err))
            return false;
        if (i && strcmp(children[i - 1].name, children[i].name) >= 0)
            return error_set(err, INVALID, "the entries are not in order");
    }
    if (reader.left)
        return error_set(err, INVALID, "something stands behind the entries");
    folder->children = children;
    folder->count = count;
    folder_digest(folder, folder->digest);
    sha256_of(bytes, len, folder->tree);
    return true;
}
