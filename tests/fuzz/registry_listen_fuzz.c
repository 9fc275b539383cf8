/* USES registry/cmd */
/* An address to listen on: what is accepted says the same when it is put together again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "registry/cmd/listen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char host[64], again[64];
    uint16_t port, again_port;
    struct error err;
    if (!listen_parse(arena_strndup(arena, (const char *)data, size), host, sizeof(host), &port,
                      &err))
        return 0;
    const char *text =
        arena_printf(arena, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    assert(listen_parse(text, again, sizeof(again), &again_port, &err));
    assert(strcmp(host, again) == 0 && port == again_port);
    return 0;
}
