/* Settings that are accepted are complete and inside their bounds. */
/* USES registry/cmd */
#include <assert.h>
#include <stdint.h>

#include "lib/base/limits.h"
#include "registry/cmd/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char home[] = "HOME=/home/x";
    char *environment[] = { home, NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct config config;
    struct error err;
    if (size > LIMIT_CONFIG_BYTES ||
        !config_read((const char *)data, size, NULL, environment, arena, &config, &err))
        return 0;
    assert(config.listen && config.name && config.limits);
    assert(config.data_dir[0] == '/' && config.blob_dir[0] == '/');
    assert(config.workers >= 1 && config.workers <= 256);
    assert(config.limits->archive_bytes <= LIMIT_PACK_ARCHIVE_BYTES);
    return 0;
}
