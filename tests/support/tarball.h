/* Archives as an attacker would make them: raw tar blocks, header by header, and zstd around. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "lib/base/mem.h"

#define TAR_BLOCK 512

struct tarball {
    char *bytes;
    size_t len, room;
};

static inline void tarball_clear(struct tarball *tar)
{
    free(tar->bytes);
}

static inline void tarball_bytes(struct tarball *tar, const void *bytes, size_t len)
{
    if (tar->len + len > tar->room) {
        tar->room = 2 * (tar->len + len);
        tar->bytes = xreallocarray(tar->bytes, tar->room, 1);
    }
    if (len)
        memcpy(tar->bytes + tar->len, bytes, len);
    tar->len += len;
}

struct tar_header {
    const char *path, *link;
    char type;     /* '0' when 0 */
    unsigned mode; /* 0644 when 0 */
    const char *user;
    unsigned mtime;
    size_t told; /* size in the header, when it is not len */
};

static inline void tarball_header(struct tarball *tar, const struct tar_header *header, size_t len)
{
    char block[TAR_BLOCK] = "";
    size_t path_len = strlen(header->path);
    memcpy(block, header->path, path_len < 100 ? path_len : 100);
    (void)snprintf(block + 100, 8, "%06o ", header->mode ? header->mode : 0644);
    (void)snprintf(block + 108, 8, "%06o ", 0U);
    (void)snprintf(block + 116, 8, "%06o ", 0U);
    char number[16];
    (void)snprintf(number, sizeof(number), "%011zo", header->told ? header->told : len);
    memcpy(block + 124, number, 11);
    block[135] = ' ';
    (void)snprintf(number, sizeof(number), "%011o", header->mtime);
    memcpy(block + 136, number, 11);
    block[147] = ' ';
    block[156] = (char)(header->type ? header->type : '0');
    if (header->link)
        (void)snprintf(block + 157, 100, "%s", header->link);
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    if (header->user)
        (void)snprintf(block + 265, 32, "%s", header->user);
    (void)snprintf(block + 329, 8, "%06o ", 0U);
    (void)snprintf(block + 337, 8, "%06o ", 0U);
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)block[i];
    (void)snprintf(block + 148, 8, "%06o", sum & 0777777);
    block[155] = ' ';
    tarball_bytes(tar, block, TAR_BLOCK);
}

static inline void tarball_entry(struct tarball *tar, const struct tar_header *header,
                                 const void *bytes, size_t len)
{
    static const char zeros[TAR_BLOCK];
    tarball_header(tar, header, len);
    tarball_bytes(tar, bytes, len);
    tarball_bytes(tar, zeros, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK);
}

static inline void tarball_file(struct tarball *tar, const char *path, const char *text)
{
    tarball_entry(tar, &(struct tar_header){ .path = path }, text, strlen(text));
}

/* A pax record before the next entry: "path", "size", ... */
static inline void tarball_pax(struct tarball *tar, const char *key, const char *value)
{
    char record[2048];
    size_t len = strlen(key) + strlen(value) + 3; /* blank, '=', newline */
    size_t total = len + (len + 1 > 9 ? (len + 2 > 99 ? 3 : 2) : 1);
    (void)snprintf(record, sizeof(record), "%zu %s=%s\n", total, key, value);
    tarball_entry(tar, &(struct tar_header){ .path = "PaxHeader/x", .type = 'x' }, record,
                  strlen(record));
}

static inline void tarball_end(struct tarball *tar)
{
    static const char zeros[2 * TAR_BLOCK];
    tarball_bytes(tar, zeros, sizeof(zeros));
}

/* One zstd frame of it; the caller frees. */
static inline void *tarball_compress(const struct tarball *tar, size_t *out_len)
{
    size_t room = ZSTD_compressBound(tar->len);
    void *out = xcalloc(room, 1);
    *out_len = ZSTD_compress(out, room, tar->bytes, tar->len, 3);
    return out;
}
