#include "client/cmd/warm.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/limits.h"

#ifndef MADV_POPULATE_WRITE /* Linux 5.14; the build machine's headers may be older */
#define MADV_POPULATE_WRITE 23
#endif

/* As WARM_POOL. */
#define WARM_HEAP  (96 * KIB) /* under malloc's limit for a mapping of its own */
#define WARM_STACK (20 * KIB)

static void populate(uintptr_t from, uintptr_t to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = from & ~(page - 1);
    if (to > first)
        (void)madvise((void *)first, to - first, MADV_POPULATE_WRITE);
}

/* Where memory is going to be asked for. */
static void heap_populate(void)
{
#if defined(NONO_START)
    /* client/start.c has done it */
#elif defined(NONO_ARENA_POOL)
    size_t size;
    uintptr_t pool = (uintptr_t)arena_pool(&size);
    populate(pool, pool + (WARM_POOL < size ? WARM_POOL : size));
#else
    void *heap = malloc(WARM_HEAP); /* grows the heap at once */
    populate((uintptr_t)heap, (uintptr_t)heap + (heap ? WARM_HEAP : 0));
    free(heap);
#endif
}

void warm_up(void)
{
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    heap_populate();
    populate(stack - WARM_STACK, stack);
}
