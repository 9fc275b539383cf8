/* A time that is accepted prints to one that is the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = xcalloc(1, size + 1);
    if (size)
        memcpy(text, data, size);
    int64_t time, again;
    if (!clock_parse(text, &time) || time < 0)
        return 0;
    char printed[CLOCK_TEXT_MAX];
    clock_print(time, printed);
    assert(!clock_parse(printed, &again) ||
           time == again); /* an offset may lead past the year 9999 */
    return 0;
}
