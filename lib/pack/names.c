#include "lib/pack/names.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/cleanup.h"

/* A file or folder. Children of one folder are told apart by their folded names. */
struct node {
    size_t parent;      /* position in nodes; the root is 0 and its own parent */
    const char *path;   /* the path that brought it */
    size_t begin, len;  /* its name in that */
    const char *folded; /* the name without case, in one normal form */
    uint64_t hash;      /* of that and its parent */
    bool is_file;
    size_t next; /* in the bucket; 0 ends */
};

struct names {
    struct arena *arena;
    struct node *nodes;
    size_t count, room;
    size_t *buckets;
    size_t bucket_count; /* a power of two */
    size_t compared;
};

/* What is needed for names that nobody chose with this table in mind is a tenth of it. */
#define COMPARED_MAX 5000000

struct names *names_new(struct arena *arena)
{
    struct names *names = ARENA_NEW(arena, struct names);
    names->arena = arena;
    names->room = 64;
    names->nodes = ARENA_ARRAY(arena, struct node, names->room);
    names->count = 1;
    names->bucket_count = 1 << 12;
    names->buckets = ARENA_ARRAY(arena, size_t, names->bucket_count);
    return names;
}

static char *unicode_map(const char *name, size_t len, unsigned options)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)len,
                                         &mapped, (utf8proc_option_t)options | UTF8PROC_NULLTERM);
    return size < 0 ? NULL : (char *)mapped;
}

static const char *name_fold(struct names *names, const char *name, size_t len, struct error *err)
{
    char text[256];
    assert(len < sizeof(text)); /* pack_path_check */
    memcpy(text, name, len);
    text[len] = '\0';
    CLEANUP(freep)
    char *folded = unicode_map(text, len, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    if (!folded) {
        error_set(err, INVALID, "the path is not UTF-8");
        return NULL;
    }
    return arena_strndup(names->arena, folded, strlen(folded));
}

/* Whether two spellings are one text, but for the normal form. */
static bool same_normal_form(const char *a, size_t a_len, const char *b, size_t b_len)
{
    char a_text[256] = "", b_text[256] = "";
    memcpy(a_text, a, a_len);
    memcpy(b_text, b, b_len);
    CLEANUP(freep) char *left = unicode_map(a_text, a_len, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    CLEANUP(freep) char *right = unicode_map(b_text, b_len, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return left && right && strcmp(left, right) == 0;
}

static uint64_t hash_of(size_t parent, const char *folded)
{
    uint64_t hash = 1469598103934665603U ^ parent * 0x9e3779b97f4a7c15U;
    for (; *folded; folded++)
        hash = (hash ^ (unsigned char)*folded) * 1099511628211U;
    return hash ^ hash >> 32;
}

static size_t *bucket_of(const struct names *names, uint64_t hash)
{
    return &names->buckets[hash & (names->bucket_count - 1)];
}

static void buckets_grow(struct names *names)
{
    names->bucket_count *= 4;
    names->buckets = ARENA_ARRAY(names->arena, size_t, names->bucket_count);
    for (size_t i = 1; i < names->count; i++) {
        size_t *bucket = bucket_of(names, names->nodes[i].hash);
        names->nodes[i].next = *bucket;
        *bucket = i;
    }
}

static size_t node_add(struct names *names, const struct node *node)
{
    if (names->count > 2 * names->bucket_count)
        buckets_grow(names);
    if (names->count == names->room) {
        struct node *more = ARENA_ARRAY(names->arena, struct node, 2 * names->room);
        memcpy(more, names->nodes, names->count * sizeof(*more));
        names->nodes = more;
        names->room *= 2;
    }
    size_t *bucket = bucket_of(names, node->hash);
    names->nodes[names->count] = *node;
    names->nodes[names->count].next = *bucket;
    *bucket = names->count;
    return names->count++;
}

static bool node_meet(const struct node *old, const struct node *new, struct error *err)
{
    const char *a = old->path + old->begin, *b = new->path + new->begin;
    if (old->len != new->len || memcmp(a, b, new->len) != 0) {
        const char *how = same_normal_form(a, old->len, b, new->len) ? "the normal form of Unicode"
                                                                     : "upper and lower case";
        return error_set(err, INVALID, "the path differs from %.160s only in %s", old->path, how);
    }
    if (old->is_file && new->is_file)
        return error_set(err, INVALID, "the path is there twice");
    if (old->is_file || new->is_file)
        return error_set(err, INVALID, "%.160s is both a file and a folder",
                         old->is_file ? old->path : new->path);
    return true;
}

/* Goes one name down, making the node when it is not there. */
static bool node_enter(struct names *names, struct node *node, size_t *out, struct error *err)
{
    node->folded = name_fold(names, node->path + node->begin, node->len, err);
    if (!node->folded)
        return false;
    node->hash = hash_of(node->parent, node->folded);
    for (size_t i = *bucket_of(names, node->hash); i; i = names->nodes[i].next) {
        const struct node *old = &names->nodes[i];
        if (++names->compared > COMPARED_MAX)
            return error_set(err, TOO_LARGE, "the archive's names take too long to compare");
        if (old->hash != node->hash || old->parent != node->parent ||
            strcmp(old->folded, node->folded) != 0)
            continue;
        *out = i;
        return node_meet(old, node, err);
    }
    *out = node_add(names, node);
    return true;
}

bool names_add(struct names *names, const char *path, struct error *err)
{
    size_t parent = 0;
    for (size_t begin = 0;;) {
        size_t len = strcspn(path + begin, "/");
        struct node node = { .parent = parent, .path = path, .begin = begin, .len = len };
        node.is_file = path[begin + len] == '\0';
        if (!node_enter(names, &node, &parent, err))
            return false;
        if (node.is_file)
            return true;
        begin += len + 1;
    }
}
