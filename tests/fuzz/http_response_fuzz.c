/* USES sandbox/proxy */
/* However a head arrives, it ends in the same place; its texts lie inside it and hold no line end.
 */
#include <assert.h>
#include <string.h>

#include "sandbox/proxy/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct http_text text, const uint8_t *data, size_t len)
{
    const char *begin = (const char *)data;
    assert(text.data >= begin && text.data + text.len <= begin + len);
    assert(!memchr(text.data, '\r', text.len) && !memchr(text.data, '\n', text.len));
    assert(!memchr(text.data, '\0', text.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head head;
    struct error err;
    size_t whole = 0, pieces = 0, scanned = 0;
    bool fine = http_head_find((const char *)data, size, &scanned, &whole, &err);

    bool going = true;
    scanned = 0;
    for (size_t len = 0; len <= size && going && pieces == 0; len++)
        going = http_head_find((const char *)data, len, &scanned, &pieces, &err);
    assert(fine == going && (!fine || pieces == whole));

    if (!fine || whole == 0 || !http_response_parse((const char *)data, whole, false, &head, &err))
        return 0;
    inside(head.reason, data, whole);
    for (size_t i = 0; i < head.count; i++) {
        inside(head.fields[i].name, data, whole);
        inside(head.fields[i].value, data, whole);
    }
    assert(head.status >= 100 && head.status < 600);
    assert(head.framing != HTTP_LENGTH || head.length > 0);
    return 0;
}
