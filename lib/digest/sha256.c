#include "lib/digest/sha256.h"

/* The low-level functions are deprecated in favour of EVP, whose start costs a millisecond. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/limits.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "struct sha256 holds SHA256_CTX");

#define LONG_BYTES (32 * KIB) /* from here on it pays to know what the processor can do */

void sha256_init(struct sha256 *sha)
{
    (void)SHA256_Init((SHA256_CTX *)sha);
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t len)
{
    if (len >= LONG_BYTES && sha256_prepare)
        sha256_prepare();
    (void)SHA256_Update((SHA256_CTX *)sha, bytes, len);
}

void sha256_end(struct sha256 *sha, unsigned char out[SHA256_BYTES])
{
    (void)SHA256_Final(out, (SHA256_CTX *)sha);
}

void sha256_of(const void *bytes, size_t len, unsigned char out[SHA256_BYTES])
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes, len);
    sha256_end(&sha, out);
}

void sha256_hex(const void *bytes, size_t len, char out[SHA256_TEXT])
{
    unsigned char digest[SHA256_BYTES];
    sha256_of(bytes, len, digest);
    hex_encode(digest, sizeof(digest), out);
}

bool sha256_file(int fd, char out[SHA256_TEXT], uint64_t *out_size, struct error *err)
{
    unsigned char chunk[64 * 1024], digest[SHA256_BYTES];
    uint64_t size = 0;
    struct sha256 sha;
    sha256_init(&sha);
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read");
        if (got == 0)
            break;
        sha256_add(&sha, chunk, (size_t)got);
        size += (uint64_t)got;
    }
    sha256_end(&sha, digest);
    hex_encode(digest, sizeof(digest), out);
    if (out_size)
        *out_size = size;
    return true;
}

bool sha256_is_text(const char *text)
{
    unsigned char digest[SHA256_BYTES];
    return hex_decode(text, digest, sizeof(digest));
}
