/* Heap memory that is always there: the process aborts when it runs out. */
#pragma once

#include <stdlib.h>
#include <string.h>

static inline void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        abort();
    return memory;
}

static inline void *xreallocarray(void *memory, size_t count, size_t size)
{
    memory = reallocarray(memory, count, size);
    if (!memory && count && size)
        abort();
    return memory;
}

static inline char *xstrdup(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

#define xnew(type) ((type *)xcalloc(1, sizeof(type)))
