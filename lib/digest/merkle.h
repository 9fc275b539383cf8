/*
 * The root of a growing Merkle tree, as RFC 6962 section 2.1 defines it: a leaf is
 * SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), the empty tree SHA-256(""). Only
 * the roots of complete subtrees are kept, so adding is cheap and memory does not grow.
 */
#pragma once

#include "lib/digest/sha256.h"

struct merkle {
    uint64_t count; /* entries so far; its bits say which levels are occupied */
    unsigned char roots[64][SHA256_BYTES];
};

void merkle_init(struct merkle *merkle);
void merkle_add(struct merkle *merkle, const void *entry, size_t len);
void merkle_root(const struct merkle *merkle, unsigned char out[SHA256_BYTES]);
