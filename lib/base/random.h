/* Random bytes of the kernel, and the handling of secrets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Never fails: the process aborts when the kernel has no randomness to give. */
void random_bytes(void *out, size_t len);

/* len lower-case hex digits and a NUL; len is even. */
void random_hex(char *out, size_t len);

#define UUID_TEXT 37 /* "8-4-4-4-12" lower-case hex digits and a NUL */
/* A random UUID (RFC 9562, version 4). */
void random_uuid(char out[UUID_TEXT]);

/* Compares in time that depends on len alone. */
bool secret_equal(const void *a, const void *b, size_t len);

/* Overwrites; the compiler may not leave it out. */
void secret_wipe(void *bytes, size_t len);
