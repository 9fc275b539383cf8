#include "lib/digest/merkle.h"

#include <string.h>

static void node_of(const unsigned char *left, const unsigned char *right,
                    unsigned char out[SHA256_BYTES])
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, "\x01", 1);
    sha256_add(&sha, left, SHA256_BYTES);
    sha256_add(&sha, right, SHA256_BYTES);
    sha256_end(&sha, out);
}

void merkle_init(struct merkle *merkle)
{
    merkle->count = 0;
}

void merkle_add(struct merkle *merkle, const void *entry, size_t len)
{
    unsigned char node[SHA256_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, "\x00", 1);
    sha256_add(&sha, entry, len);
    sha256_end(&sha, node);

    unsigned level = 0;
    for (; merkle->count >> level & 1; level++)
        node_of(merkle->roots[level], node, node);
    memcpy(merkle->roots[level], node, SHA256_BYTES);
    merkle->count++;
}

void merkle_root(const struct merkle *merkle, unsigned char out[SHA256_BYTES])
{
    if (merkle->count == 0) {
        sha256_of("", 0, out);
        return;
    }
    unsigned level = (unsigned)__builtin_ctzll(merkle->count);
    memcpy(out, merkle->roots[level], SHA256_BYTES);
    for (level++; level < 64 && merkle->count >> level; level++)
        if (merkle->count >> level & 1)
            node_of(merkle->roots[level], out, out);
}
