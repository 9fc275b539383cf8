/* A form means the same however its bytes arrive: at once, or in steps of any size. */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/buf.h"
#include "registry/http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_begin(void *context, const char *name, const char *filename, const char *type,
                     struct error *err)
{
    return buf_printf(context, err, "\n[%s|%s|%s]", name, filename ? filename : "-",
                      type ? type : "-");
}

static bool on_data(void *context, const char *bytes, size_t len, struct error *err)
{
    return buf_append(context, bytes, len, err);
}

static bool form_read(const uint8_t *data, size_t size, size_t step, struct buf *seen)
{
    struct multipart *form;
    struct error err;
    assert(multipart_new("multipart/form-data; boundary=b",
                         (struct multipart_sink){ on_begin, on_data, seen }, &form, &err));
    bool ok = true;
    for (size_t at = 0; ok && at < size; at += step)
        ok =
            multipart_add(form, (const char *)data + at, at + step < size ? step : size - at, &err);
    ok = ok && multipart_end(form, &err);
    multipart_free(form);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_clearp) struct buf whole = { 0 }, steps = { 0 };
    if (size < 1 || size > 65536)
        return 0;
    buf_init(&whole, 1 << 20);
    buf_init(&steps, 1 << 20);
    bool accepted = form_read(data + 1, size - 1, size, &whole);
    assert(form_read(data + 1, size - 1, data[0] % 50U + 1, &steps) == accepted);
    if (accepted)
        assert(whole.len == steps.len &&
               memcmp(whole.data ? whole.data : "", steps.data ? steps.data : "", whole.len) == 0);
    return 0;
}
