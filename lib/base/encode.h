/* Bytes as text: lower-case hex and base64 (RFC 4648), read strictly. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* 2 * len digits and a NUL. */
void hex_encode(const void *bytes, size_t len, char *out);
/* Exactly 2 * len lower-case digits, nothing after them. */
bool hex_decode(const char *text, void *out, size_t len);

#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* BASE64_LEN(len) characters and a NUL, standard alphabet, padded. */
void base64_encode(const void *bytes, size_t len, char *out);
/* URL alphabet, no padding (RFC 4648 section 5). */
void base64url_encode(const void *bytes, size_t len, char *out);
/*
 * Standard alphabet with padding, no white space, no bits left over. out has room for
 * text_len / 4 * 3 bytes; *out_len is what was written.
 */
bool base64_decode(const char *text, size_t text_len, void *out, size_t *out_len);
