/* USES sandbox/linux */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/linux/interpreter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is named stands in the file as it was read, without a NUL, and is the same the next time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[PATH_MAX], again[PATH_MAX];
    if (!interpreter_of(data, size, out))
        return 0;
    if (out[0])
        assert(memmem(data, size, out, strlen(out)) != NULL);
    assert(interpreter_of(data, size, again) && strcmp(out, again) == 0);
    return 0;
}
