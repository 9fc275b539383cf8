/*
 * musl's memcmp goes byte by byte. A start compares paths and names a thousand times, many of which
 * are the same for long. Only where the launcher is linked with musl for x86-64, by the linker's
 * --wrap: cmake/Programs.cmake.
 */
#include <stddef.h>
#include <stdint.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is ld's */
int __wrap_memcmp(const void *left, const void *right, size_t len);

/* Where there are eight. The first byte in memory is made the one that counts most. */
static int eight_compare(const unsigned char *left, const unsigned char *right)
{
    uint64_t a, b;
    __builtin_memcpy(&a, left, sizeof(a));
    __builtin_memcpy(&b, right, sizeof(b));
    if (a == b)
        return 0;
    return __builtin_bswap64(a) < __builtin_bswap64(b) ? -1 : 1;
}

static int few_compare(const unsigned char *left, const unsigned char *right, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

int __wrap_memcmp(const void *left, const void *right, size_t len)
{
    const size_t step = sizeof(uint64_t);
    const unsigned char *a = left, *b = right;
    int order = 0;
    if (len < step)
        return few_compare(a, b, len);
    for (size_t at = 0; at + step < len && !order; at += step)
        order = eight_compare(a + at, b + at);
    return order ? order : eight_compare(a + len - step, b + len - step);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
