/* USES lib/http */
/*
 * Two lines: a registry's URL, and what it refers to. A base that is accepted is its own base; what
 * a reference leads to is of the same origin, or refused.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *text = arena_strndup(arena, (const char *)data, size);
    char *second = strchrnul(text, '\n');
    if (*second)
        *second++ = '\0';
    const char *escaped = url_escape(second, arena);
    assert(strspn(escaped, "%-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "abcdefghijklmnopqrstuvwxyz") == strlen(escaped));

    const char *base, *again, *whole;
    struct error err;
    if (!url_base(text, false, arena, &base, &err))
        return 0;
    assert(url_base(base, false, arena, &again, &err) && strcmp(base, again) == 0);
    assert(url_same_origin(base, base));
    if (url_resolve(base, second, arena, &whole, &err))
        assert(url_same_origin(base, whole));
    return 0;
}
