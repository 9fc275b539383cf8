/*
 * musl's strlen goes byte by byte to an address that eight divides, then by words. What a start
 * measures are a thousand paths and names, which end before or soon after. Only where the launcher
 * is linked with musl for x86-64, by the linker's --wrap: cmake/Programs.cmake.
 */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is ld's */
size_t __wrap_strlen(const char *text);

/* Those around a text may be read, as they lie in one page with it. */
#define READS_AROUND __attribute__((no_sanitize("address")))

/* Which of the 16 bytes are zero. */
READS_AROUND static unsigned zeros_of(const __m128i *piece)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(piece), _mm_setzero_si128()));
}

READS_AROUND size_t __wrap_strlen(const char *text)
{
    unsigned before = (uintptr_t)text % sizeof(__m128i);
    const __m128i *piece = (const __m128i *)(text - before);
    unsigned zeros = zeros_of(piece) >> before;
    if (zeros)
        return (size_t)__builtin_ctz(zeros);
    do
        zeros = zeros_of(++piece);
    while (!zeros);
    return (size_t)((const char *)piece - text) + (size_t)__builtin_ctz(zeros);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
