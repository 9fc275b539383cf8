/* USES sandbox/proxy */
/* A body decoded in one piece and byte by byte is the same body, ending in the same place. */
#include <assert.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"
#include "sandbox/proxy/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum chunked_result decode(const char *text, size_t len, size_t step, char *out,
                                  size_t *out_len)
{
    struct chunked chunked = { 0 };
    enum chunked_result result = CHUNKED_MORE;
    *out_len = 0;
    for (size_t at = 0; at < len && result != CHUNKED_END;) {
        size_t piece = len - at < step ? len - at : step, skip = 0, body = 0;
        result = chunked_step(&chunked, text + at, piece, &skip, &body);
        if (result == CHUNKED_BAD)
            break;
        assert(skip + body <= piece && skip + body > 0);
        memcpy(out + *out_len, text + at + skip, body);
        *out_len += body;
        at += skip + body;
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *whole = xcalloc(1, size + 1);
    CLEANUP(freep) char *single = xcalloc(1, size + 1);
    size_t whole_len, single_len;
    enum chunked_result a = decode((const char *)data, size, size + 1, whole, &whole_len);
    enum chunked_result b = decode((const char *)data, size, 1, single, &single_len);
    assert((a == CHUNKED_BAD) == (b == CHUNKED_BAD) && (a == CHUNKED_END) == (b == CHUNKED_END));
    assert(whole_len == single_len && memcmp(whole, single, whole_len) == 0);
    return 0;
}
