/* A pattern and a path, split at the first NUL. A path matches itself, and what matches does so
 * again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    CLEANUP(freep) char *pattern = xcalloc(1, size + 1);
    if (size)
        memcpy(pattern, data, size);
    size_t len = strlen(pattern);
    const char *path = len < size ? pattern + len + 1 : "";

    bool matches = text_glob(pattern, path);
    assert(matches == text_glob(pattern, path));
    assert(text_glob("**", path));
    if (!strpbrk(path, "*?"))
        assert(text_glob(path, path));
    if (!strpbrk(pattern, "*?"))
        assert(matches == (strcmp(pattern, path) == 0));
    return 0;
}
