/* What is accepted has one spelling: it encodes back to the same text. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *bytes = xcalloc(1, size / 4 * 3 + 1);
    CLEANUP(freep) char *again = xcalloc(1, size + 5);
    size_t len;
    if (size == 0 || !base64_decode((const char *)data, size, bytes, &len))
        return 0;
    base64_encode(bytes, len, again);
    assert(strlen(again) == size && memcmp(again, data, size) == 0);
    return 0;
}
