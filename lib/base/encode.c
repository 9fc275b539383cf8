#include "lib/base/encode.h"

#include <stdint.h>
#include <string.h>

void hex_encode(const void *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * len] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(const char *text, void *out, size_t len)
{
    unsigned char *bytes = out;
    if (strnlen(text, 2 * len + 1) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What a character of the standard alphabet stands for; -1 when it is none. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t encode(const unsigned char *in, size_t len, const char *alphabet, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)in[i] << 16;
        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;
        out[at++] = alphabet[group >> 18];
        out[at++] = alphabet[group >> 12 & 63];
        if (left > 1)
            out[at++] = alphabet[group >> 6 & 63];
        if (left > 2)
            out[at++] = alphabet[group & 63];
    }
    return at;
}

void base64_encode(const void *bytes, size_t len, char *out)
{
    size_t at = encode(bytes, len, standard, out);
    while (at % 4)
        out[at++] = '=';
    out[at] = '\0';
}

void base64url_encode(const void *bytes, size_t len, char *out)
{
    out[encode(bytes, len, url, out)] = '\0';
}

/* Up to three bytes of a full group; false when the bits that padding drops are not zero. */
static bool group_write(uint32_t group, size_t keep, unsigned char *out)
{
    if ((keep < 3 && group & 0xff) || (keep < 2 && group & 0xff00))
        return false; /* two spellings of the same bytes */
    for (size_t i = 0; i < keep; i++)
        out[i] = (unsigned char)(group >> (16 - 8 * i));
    return true;
}

static size_t padding_of(const char *text, size_t len)
{
    if (len == 0 || text[len - 1] != '=')
        return 0;
    return text[len - 2] == '=' ? 2 : 1;
}

bool base64_decode(const char *text, size_t text_len, void *out, size_t *out_len)
{
    if (text_len % 4)
        return false;
    size_t padding = padding_of(text, text_len), at = 0;
    uint32_t group = 0;
    for (size_t i = 0; i < text_len; i++) {
        int found = i >= text_len - padding ? 0 : sextet(text[i]);
        if (found < 0)
            return false;
        group = group << 6 | (uint32_t)found;
        if (i % 4 < 3)
            continue;
        size_t keep = i == text_len - 1 ? 3 - padding : 3;
        if (!group_write(group, keep, (unsigned char *)out + at))
            return false;
        at += keep;
        group = 0;
    }
    *out_len = at;
    return true;
}
