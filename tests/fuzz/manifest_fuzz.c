/* USES lib/pack lib/json lib/profile */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/pack/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted names only paths that stay inside the pack, each once installed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    struct manifest manifest;
    struct list paths;
    if (!manifest_parse((const char *)data, size, "package.json", arena, &manifest, &err))
        return 0;
    manifest_paths(&manifest, arena, &paths);
    LIST_FOREACH (paths, const char *, path)
        assert(pack_path_check(*path, &err));
    LIST_FOREACH (manifest.artifacts, struct artifact, artifact)
        assert(pack_path_check(artifact_installed_path(artifact, arena), &err));
    LIST_FOREACH (manifest.wiring, struct directive, directive)
        assert(directive_destination(directive) &&
               !strstr(directive_destination(directive), "/../"));
    return 0;
}
