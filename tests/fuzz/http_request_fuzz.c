/* USES sandbox/proxy */
/* A head that is accepted, printed from its parsed form, reads back the same. */
#include <assert.h>
#include <string.h>

#include "lib/base/buf.h"
#include "sandbox/proxy/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct http_head *head, struct buf *out)
{
    struct error err;
    bool fine = buf_append(out, head->method.data, head->method.len, &err) &&
                buf_text(out, " ", &err) &&
                buf_append(out, head->target.data, head->target.len, &err) &&
                buf_text(out, head->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n", &err);
    for (size_t i = 0; fine && i < head->count; i++) {
        fine = buf_append(out, head->fields[i].name.data, head->fields[i].name.len, &err) &&
               buf_text(out, ": ", &err) &&
               buf_append(out, head->fields[i].value.data, head->fields[i].value.len, &err) &&
               buf_text(out, "\r\n", &err);
    }
    assert(fine && buf_text(out, "\r\n", &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head head, again;
    struct http_target target, target_again;
    struct error err;
    size_t scanned = 0, len = 0;
    if (!http_head_find((const char *)data, size, &scanned, &len, &err) || len == 0 ||
        !http_request_parse((const char *)data, len, &head, &err))
        return 0;

    CLEANUP(buf_clearp) struct buf printed;
    buf_init(&printed, 4 * HTTP_HEAD_MAX);
    print(&head, &printed);
    size_t found = 0;
    scanned = 0;
    if (!http_head_find(printed.data, printed.len, &scanned, &found, &err))
        return 0; /* a blank behind each colon made it too large */
    assert(found == printed.len && http_request_parse(printed.data, printed.len, &again, &err));
    assert(again.count == head.count && again.framing == head.framing);
    assert(again.length == head.length && again.keep_alive == head.keep_alive);
    bool split = http_target_parse(&head, &target, &err);
    assert(split == http_target_parse(&again, &target_again, &err));
    assert(!split || target.authority.len == target_again.authority.len);
    return 0;
}
