/* USES client/remote */
/* However an answer is cut into pieces, the same parts come out of it, or the same refusal. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/remote/mixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A running sum of all that was seen, in order. */
struct seen {
    uint64_t sum, parts, bytes;
};

static bool begin(void *context, const struct mixed_part *part, struct error *err)
{
    (void)err;
    struct seen *seen = context;
    seen->sum = seen->sum * 31 + part->length;
    seen->bytes = 0;
    return true;
}

static bool take(void *context, const void *bytes, size_t len, struct error *err)
{
    (void)err;
    struct seen *seen = context;
    for (size_t i = 0; i < len; i++)
        seen->sum = seen->sum * 31 + ((const uint8_t *)bytes)[i];
    seen->bytes += len;
    return true;
}

static bool end(void *context, const struct mixed_part *part, struct error *err)
{
    (void)err;
    struct seen *seen = context;
    assert(seen->bytes == part->length);
    seen->parts++;
    return true;
}

static bool read_all(const uint8_t *data, size_t size, size_t step, struct seen *seen)
{
    struct error err;
    struct mixed mixed;
    const struct mixed_sink sink = { seen, begin, take, end };
    *seen = (struct seen){ 0 };
    assert(mixed_init(&mixed, "multipart/mixed; boundary=b", &sink, &err));
    for (size_t at = 0; at < size; at += step)
        if (!mixed_feed(&mixed, data + at, size - at < step ? size - at : step, &err))
            return false;
    return mixed_finish(&mixed, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, pieces;
    bool ok = read_all(data, size, size ? size : 1, &whole);
    bool same = read_all(data, size, 1 + size / 7, &pieces) == ok;
    assert(same && (!ok || (whole.sum == pieces.sum && whole.parts == pieces.parts)));
    return 0;
}
