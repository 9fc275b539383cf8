/* USES sandbox/snapshot */
/* A snapshot's record: what is accepted has a name and digests that are safe to use. */
#include <assert.h>
#include <string.h>

#include "sandbox/snapshot/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct snapshot snapshot;
    struct error err;
    if (!record_parse((const char *)data, size, "record", arena, &snapshot, &err))
        return 0;
    assert(sha256_is_text(snapshot.root) && sha256_is_text(snapshot.tree));
    assert(snapshot.folder[0] == '/' && !strchr(snapshot.name, '/') && snapshot.name[0] != '.');
    return 0;
}
