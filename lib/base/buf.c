#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){ .max = max_bytes };
}

void buf_clear(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_wipe(struct buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->cap);
    buf_clear(buf);
}

/* Room for len bytes and the NUL. Copies by hand, so that a wiped buffer leaves nothing behind. */
static void buf_reserve(struct buf *buf, size_t len)
{
    size_t need = buf->len + len + 1;
    if (need <= buf->cap)
        return;
    size_t cap = buf->cap ? buf->cap : 256;
    while (cap < need)
        cap *= 2;
    char *data = xcalloc(1, cap);
    if (buf->len)
        memcpy(data, buf->data, buf->len);
    if (buf->data)
        explicit_bzero(buf->data, buf->cap);
    free(buf->data);
    buf->data = data;
    buf->cap = cap;
}

bool buf_append(struct buf *buf, const void *bytes, size_t len, struct error *err)
{
    if (len > buf->max - buf->len)
        return error_set(err, TOO_LARGE, "over %zu bytes", buf->max);
    buf_reserve(buf, len);
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_text(struct buf *buf, const char *text, struct error *err)
{
    return buf_append(buf, text, strlen(text), err);
}

bool buf_printf(struct buf *buf, struct error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    bool fits = len >= 0 && (size_t)len <= buf->max - buf->len;
    if (fits) {
        buf_reserve(buf, (size_t)len);
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    return fits || error_set(err, TOO_LARGE, "over %zu bytes", buf->max);
}
