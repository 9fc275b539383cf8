/* Arguments that are accepted are the same when they are encoded and read again. */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "registry/http/request.h"
#include "registry/http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *encode(const char *text, struct arena *arena)
{
    char *out = arena_alloc(arena, 3 * strlen(text) + 1, 1), *at = out;
    for (; *text; text++)
        at += snprintf(at, 4, "%%%02x", (unsigned char)*text); /* room was made for three */
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list found, again;
    struct error err;
    if (size > 8192 ||
        !uri_arguments(arena_strndup(arena, (const char *)data, size), arena, &found, &err))
        return 0;
    const char *text = "";
    LIST_FOREACH (found, struct argument, argument)
        text = arena_printf(arena, "%s&%s=%s", text, encode(argument->name, arena),
                            encode(argument->value, arena));
    assert(uri_arguments(text, arena, &again, &err));
    assert(again.count == found.count);
    for (size_t i = 0; i < found.count; i++) {
        const struct argument *a = LIST_AT(found, struct argument, i);
        const struct argument *b = LIST_AT(again, struct argument, i);
        assert(strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0);
    }
    return 0;
}
