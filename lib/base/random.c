#include "lib/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/encode.h"

void random_bytes(void *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = getrandom((char *)out + done, len - done, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0)
            done += (size_t)got;
    }
}

void random_hex(char *out, size_t len)
{
    unsigned char bytes[16];
    for (size_t done = 0; done < len;) {
        size_t part = (len - done) / 2 < sizeof(bytes) ? (len - done) / 2 : sizeof(bytes);
        if (part == 0)
            break;
        random_bytes(bytes, part);
        hex_encode(bytes, part, out + done);
        done += 2 * part;
    }
    out[len] = '\0';
}

void random_uuid(char out[UUID_TEXT])
{
    static const size_t lengths[] = { 4, 2, 2, 2, 6 };
    unsigned char bytes[16], *from = bytes;
    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* and its variant */
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        hex_encode(from, lengths[i], out);
        out += 2 * lengths[i];
        *out++ = '-';
        from += lengths[i];
    }
    out[-1] = '\0';
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *left = a, *right = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(left[i] ^ right[i]);
    return difference == 0;
}

void secret_wipe(void *bytes, size_t len)
{
    if (bytes)
        explicit_bzero(bytes, len);
}
