/*
 * musl's malloc makes three system calls and touches four pages before it gives out its first
 * piece, and a start has use for a handful of small ones (popt's): they lie here, and are not used
 * again when they are given back. Only where the launcher is linked with musl, by the linker's
 * --wrap: cmake/Programs.cmake.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FIRST_BYTES 2048 /* what all of them may take */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are ld's */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

struct piece {
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static _Alignas(max_align_t) unsigned char first[FIRST_BYTES];
static atomic_size_t first_taken;

static bool is_first(const void *memory)
{
    uintptr_t at = (uintptr_t)memory, begin = (uintptr_t)first;
    return at >= begin && at < begin + sizeof(first);
}

/* Zeroed; NULL when there is no room. */
static void *first_take(size_t size)
{
    size_t taken = atomic_load(&first_taken), step = _Alignof(max_align_t);
    if (size > FIRST_BYTES - sizeof(struct piece))
        return NULL;
    size_t bytes = sizeof(struct piece) + (size + step - 1) / step * step;
    do {
        if (bytes > sizeof(first) - taken)
            return NULL;
    } while (!atomic_compare_exchange_weak(&first_taken, &taken, taken + bytes));
    struct piece *piece = (struct piece *)(first + taken);
    piece->size = size;
    return piece->bytes;
}

void *__wrap_malloc(size_t size)
{
    void *memory = first_take(size);
    return memory ? memory : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    size_t bytes;
    void *memory = __builtin_mul_overflow(count, size, &bytes) ? NULL : first_take(bytes);
    return memory ? memory : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (!is_first(memory))
        return __real_realloc(memory, size);
    void *more = __real_malloc(size);
    size_t had = ((struct piece *)((unsigned char *)memory - sizeof(struct piece)))->size;
    if (more)
        memcpy(more, memory, had < size ? had : size);
    return more;
}

void __wrap_free(void *memory)
{
    if (!is_first(memory))
        __real_free(memory);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
