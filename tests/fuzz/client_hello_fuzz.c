/* USES sandbox/proxy */
/* A greeting that arrives piece by piece is judged once, as the whole would be, or not yet. */
#include <assert.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"
#include "sandbox/proxy/client_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host name, again;
    if (size > CLIENT_HELLO_MAX)
        size = CLIENT_HELLO_MAX;
    enum client_hello whole = client_hello_read(data, size, &name);
    size_t steps = size < 64 ? size : 64;
    for (size_t i = 0; i < steps; i++) {
        size_t len = size * i / steps;
        CLEANUP(freep) uint8_t *part = xcalloc(1, len + 1); /* so that reading past it is seen */
        memcpy(part, data, len);
        enum client_hello early = client_hello_read(part, len, &again);
        assert(early == CLIENT_HELLO_MORE || early == whole || early == CLIENT_HELLO_NAMED ||
               early == CLIENT_HELLO_UNNAMED);
        if (early == CLIENT_HELLO_NAMED && whole == CLIENT_HELLO_NAMED)
            assert(host_equal(&name, &again));
    }
    return 0;
}
