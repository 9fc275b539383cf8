/* Little-endian numbers in the store's files: written to a growing buffer, read within bounds. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"

/* Bytes being written; memory is always there. */
struct writer {
    unsigned char *bytes;
    size_t len, room;
};

static inline void writer_clear(struct writer *writer)
{
    free(writer->bytes);
    *writer = (struct writer){ 0 };
}

/* Room for len more bytes, which the caller fills. */
static inline unsigned char *writer_take(struct writer *writer, size_t len)
{
    if (writer->room - writer->len < len) {
        writer->room = 2 * writer->room + len + 256;
        writer->bytes = xreallocarray(writer->bytes, writer->room, 1);
    }
    unsigned char *at = writer->bytes + writer->len;
    writer->len += len;
    return at;
}

static inline void put_bytes(struct writer *writer, const void *bytes, size_t len)
{
    if (len)
        memcpy(writer_take(writer, len), bytes, len);
}

static inline void put_u8(struct writer *writer, uint8_t value)
{
    *writer_take(writer, 1) = value;
}

static inline void put_u16(struct writer *writer, uint16_t value)
{
    value = htole16(value);
    put_bytes(writer, &value, sizeof(value));
}

static inline void put_u32(struct writer *writer, uint32_t value)
{
    value = htole32(value);
    put_bytes(writer, &value, sizeof(value));
}

static inline void put_u64(struct writer *writer, uint64_t value)
{
    value = htole64(value);
    put_bytes(writer, &value, sizeof(value));
}

/* Bytes being read. Reading past the end gives zeros and says so in short_of. */
struct reader {
    const unsigned char *at;
    size_t left;
    bool short_of;
};

/* The next len bytes, or NULL. */
static inline const unsigned char *get_bytes(struct reader *reader, size_t len)
{
    if (reader->short_of || reader->left < len) {
        reader->short_of = true;
        return NULL;
    }
    const unsigned char *at = reader->at;
    reader->at += len;
    reader->left -= len;
    return at;
}

static inline void get_copy(struct reader *reader, void *out, size_t len)
{
    const unsigned char *at = get_bytes(reader, len);
    if (at)
        memcpy(out, at, len);
    else
        memset(out, 0, len);
}

static inline uint8_t get_u8(struct reader *reader)
{
    uint8_t value;
    get_copy(reader, &value, sizeof(value));
    return value;
}

static inline uint16_t get_u16(struct reader *reader)
{
    uint16_t value;
    get_copy(reader, &value, sizeof(value));
    return le16toh(value);
}

static inline uint32_t get_u32(struct reader *reader)
{
    uint32_t value;
    get_copy(reader, &value, sizeof(value));
    return le32toh(value);
}

static inline uint64_t get_u64(struct reader *reader)
{
    uint64_t value;
    get_copy(reader, &value, sizeof(value));
    return le64toh(value);
}
