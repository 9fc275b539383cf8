/* USES lib/trust */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/trust/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted can be written again, and then has the same payload and signature. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    struct bundle bundle, again;
    if (!bundle_parse((const char *)data, size, arena, &bundle, &err))
        return 0;
    const char *text = bundle_print(&bundle, arena);
    assert(bundle_parse(text, strlen(text), arena, &again, &err));
    assert(again.payload_len == bundle.payload_len && again.signature_len == bundle.signature_len &&
           memcmp(again.payload, bundle.payload, bundle.payload_len) == 0 &&
           memcmp(again.signature, bundle.signature, bundle.signature_len) == 0);
    return 0;
}
