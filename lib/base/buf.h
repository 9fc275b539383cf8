/* A growing run of bytes with a ceiling. Always NUL-terminated behind its length. */
#pragma once

#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct buf {
    char *data; /* NULL until something is added */
    size_t len, cap;
    size_t max; /* bytes it may hold */
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_clear(struct buf *buf); /* frees; the buffer can be used again */
void buf_wipe(struct buf *buf);  /* as clear, overwriting what it held */
static inline void buf_clearp(struct buf *buf)
{
    buf_clear(buf);
}

/* TOO_LARGE when the ceiling would be passed; the buffer is then as before. */
bool buf_append(struct buf *buf, const void *bytes, size_t len, struct error *err) MUST_CHECK;
bool buf_text(struct buf *buf, const char *text, struct error *err) MUST_CHECK;
bool buf_printf(struct buf *buf, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_CHECK;
