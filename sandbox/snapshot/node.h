/*
 * A tree in memory: what a folder holds, from the disk (scan.h), from the store (load.h) or from
 * the last look (cache.h). Plain data in an arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/digest/sha256.h"

/* The letters are those of the format. */
enum node_kind {
    NODE_FILE = 'f',
    NODE_FOLDER = 'd',
    NODE_LINK = 'l',
    NODE_FIFO = 'p',
    NODE_SOCKET = 's',
    NODE_CHARACTER = 'c',
    NODE_BLOCK = 'b',
    NODE_MOUNT = 'm', /* another file system begins here: not looked into */
};

#define NODE_MODE_MASK 01777 /* permission bits and sticky; never setuid or setgid */
#define NODE_NAME_MAX  255

struct node {
    const char *name; /* one component; NUL-terminated */
    enum node_kind kind;
    uint16_t name_len;
    uint16_t mode;
    uint32_t uid, gid;
    bool read;       /* scan: the content was read now, not known from the cache */
    bool held;       /* scan: a run stands on it (sandbox/policy/placeholder.h) */
    bool beyond;     /* scan: a folder deeper than any that a snapshot has; not looked into */
    bool changed;    /* compare: this, or something below it, differs */
    uint8_t action;  /* restore: enum action */
    uint32_t staged; /* restore: the number of what is made ready for it, from 1; or 0 */
    int64_t mtime_ns;
    int64_t ctime_ns; /* from the disk or the cache; 0: never to be trusted as unchanged */
    uint64_t size;    /* files: bytes; links: bytes of the target; else 0 */
    uint64_t ino;
    unsigned char digest[SHA256_BYTES]; /* of a file's bytes, a link's target, a folder's entries */
    unsigned char tree[SHA256_BYTES];   /* folders: where the store holds the entries */
    struct node *children;              /* folders: sorted by name, as bytes */
    size_t count;
};

static inline bool node_is_kind(uint8_t letter)
{
    return letter && strchr("fdlpscbm", letter);
}

/* What a restore does to an entry of the snapshot. */
enum action {
    ACTION_NONE,
    ACTION_PUT,   /* a new content takes its place, over a file, a link or nothing */
    ACTION_MAKE,  /* a folder, where there is nothing */
    ACTION_SWAP,  /* a folder instead of something else, or the other way round */
    ACTION_FACTS, /* permissions, owner, times alone */
};

/* What the store holds the content of. */
static inline bool node_has_content(const struct node *node)
{
    return node->kind == NODE_FILE || node->kind == NODE_LINK;
}

/* Held by name only: never restored, never removed. */
static inline bool node_is_left_out(const struct node *node)
{
    return !node_has_content(node) && node->kind != NODE_FOLDER;
}
