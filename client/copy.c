/*
 * musl's memcpy for x86-64 begins with an instruction (rep movsq) that takes longer to get going
 * than copying a short text takes, and a start copies a thousand of them. Only where the launcher
 * is linked with musl, by the linker's --wrap: cmake/Programs.cmake.
 */
#include <stddef.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are ld's */
void *__real_memcpy(void *restrict to, const void *restrict from, size_t len);
void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t len);

/* One or two moves: the second goes as far back as it must, over bytes that are there already. */
#define ENDS_COPY(to, from, len, size)                                            \
    do {                                                                          \
        __builtin_memcpy((to), (from), (size));                                   \
        __builtin_memcpy((to) + (len) - (size), (from) + (len) - (size), (size)); \
    } while (0)

#define PIECE     16  /* bytes: a register */
#define SHORT_MAX 256 /* bytes: then musl's is as fast */

static void few_copy(unsigned char *to, const unsigned char *from, size_t len)
{
    if (len >= 8)
        ENDS_COPY(to, from, len, 8);
    else if (len >= 4)
        ENDS_COPY(to, from, len, 4);
    else if (len >= 2)
        ENDS_COPY(to, from, len, 2);
    else if (len == 1)
        *to = *from;
}

void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t len)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if (len > SHORT_MAX)
        return __real_memcpy(to, from, len);
    if (len < PIECE) {
        few_copy(out, in, len);
        return to;
    }
    for (size_t at = 0; at + PIECE < len; at += PIECE)
        __builtin_memcpy(out + at, in + at, PIECE);
    __builtin_memcpy(out + len - PIECE, in + len - PIECE, PIECE);
    return to;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
