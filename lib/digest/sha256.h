/*
 * SHA-256 by libcrypto's low-level functions: the launcher may not pay for EVP's start
 * (docs/performance.md). No other module may include <openssl/sha.h>.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define SHA256_BYTES 32
#define SHA256_TEXT  65 /* lower-case hex and a NUL */

struct sha256 {
    uint64_t state[16]; /* room for libcrypto's SHA256_CTX, asserted in the .c */
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t len);
void sha256_end(struct sha256 *sha, unsigned char out[SHA256_BYTES]);

void sha256_of(const void *bytes, size_t len, unsigned char out[SHA256_BYTES]);
void sha256_hex(const void *bytes, size_t len, char out[SHA256_TEXT]);
/* From where the descriptor stands to its end. *out_size may be NULL. */
bool sha256_file(int fd, char out[SHA256_TEXT], uint64_t *out_size, struct error *err) MUST_CHECK;

/*
 * Called before something long is hashed, when the program has it: client/cpu.c. Thread-safe, and
 * cheap when called again.
 */
void sha256_prepare(void) __attribute__((weak));

/* Exactly 64 lower-case hex digits. */
bool sha256_is_text(const char *text);
