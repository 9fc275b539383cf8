#include "sandbox/proxy/client_hello.h"

#include <string.h>

#define RECORD_HANDSHAKE 22
#define MESSAGE_HEADER   4
#define MESSAGE_HELLO    1
#define EXTENSION_NAME   0
#define NAME_TYPE_HOST   0

/* Bytes with a cursor; every read is checked against what is left. */
struct reader {
    const uint8_t *data;
    size_t len;
};

static bool take(struct reader *from, size_t len, struct reader *out)
{
    if (len > from->len)
        return false;
    *out = (struct reader){ from->data, len };
    *from = (struct reader){ from->data + len, from->len - len };
    return true;
}

static bool take_number(struct reader *from, size_t bytes, size_t *out)
{
    struct reader number;
    if (!take(from, bytes, &number))
        return false;
    *out = 0;
    for (size_t i = 0; i < bytes; i++)
        *out = *out << 8 | number.data[i];
    return true;
}

/* A vector with its length in front. */
static bool take_vector(struct reader *from, size_t length_bytes, struct reader *out)
{
    size_t len;
    return take_number(from, length_bytes, &len) && take(from, len, out);
}

/* Exactly one entry, of type host_name. */
static bool name_read(struct reader extension, struct host *name)
{
    struct reader list, text;
    struct error err;
    size_t type;
    return take_vector(&extension, 2, &list) && extension.len == 0 &&
           take_number(&list, 1, &type) && type == NAME_TYPE_HOST && take_vector(&list, 2, &text) &&
           list.len == 0 && host_parse((const char *)text.data, text.len, name, &err);
}

static enum client_hello extensions_read(struct reader extensions, struct host *name)
{
    enum client_hello result = CLIENT_HELLO_UNNAMED;
    while (extensions.len > 0) {
        size_t type;
        struct reader body;
        if (!take_number(&extensions, 2, &type) || !take_vector(&extensions, 2, &body))
            return CLIENT_HELLO_BAD;
        if (type != EXTENSION_NAME)
            continue;
        if (result == CLIENT_HELLO_NAMED || !name_read(body, name))
            return CLIENT_HELLO_BAD;
        result = CLIENT_HELLO_NAMED;
    }
    return result;
}

static enum client_hello hello_read(struct reader hello, struct host *name)
{
    struct reader version_random, session, ciphers, compression, extensions;
    if (!take(&hello, 2 + 32, &version_random) || !take_vector(&hello, 1, &session) ||
        session.len > 32 || !take_vector(&hello, 2, &ciphers) || ciphers.len % 2 != 0 ||
        !take_vector(&hello, 1, &compression) || compression.len == 0)
        return CLIENT_HELLO_BAD;
    if (hello.len == 0)
        return CLIENT_HELLO_UNNAMED;
    if (!take_vector(&hello, 2, &extensions) || hello.len != 0)
        return CLIENT_HELLO_BAD;
    return extensions_read(extensions, name);
}

/* The first handshake message, put together from its records. */
struct message {
    uint8_t bytes[CLIENT_HELLO_MAX];
    size_t have, want;
};

static bool message_add(struct message *message, struct reader part)
{
    if (part.len > sizeof(message->bytes) - message->have)
        return false;
    memcpy(message->bytes + message->have, part.data, part.len);
    message->have += part.len;
    if (message->have > 0 && message->bytes[0] != MESSAGE_HELLO)
        return false;
    if (message->have >= MESSAGE_HEADER) {
        struct reader length = { message->bytes + 1, 3 };
        size_t body = 0;
        (void)take_number(&length, 3, &body);
        message->want = MESSAGE_HEADER + body;
    }
    return message->want <= sizeof(message->bytes) && message->have <= message->want;
}

/* One record, or what there is of it. CLIENT_HELLO_UNNAMED when it was whole. */
static enum client_hello record_add(struct message *message, struct reader *rest)
{
    size_t type, version, len;
    struct reader record;
    if (!take_number(rest, 1, &type) || !take_number(rest, 2, &version) ||
        !take_number(rest, 2, &len))
        return CLIENT_HELLO_MORE;
    if (type != RECORD_HANDSHAKE || version >> 8 != 3 || len == 0)
        return CLIENT_HELLO_BAD;
    bool whole = len <= rest->len;
    (void)take(rest, whole ? len : rest->len, &record);
    if (!message_add(message, record))
        return CLIENT_HELLO_BAD;
    if (whole)
        return CLIENT_HELLO_UNNAMED;
    /* a record that goes on behind the message is not a ClientHello's */
    return message->have < message->want ? CLIENT_HELLO_MORE : CLIENT_HELLO_BAD;
}

enum client_hello client_hello_read(const uint8_t *bytes, size_t len, struct host *name)
{
    static const uint8_t begin[] = { RECORD_HANDSHAKE, 3 };
    struct message message = { .have = 0, .want = MESSAGE_HEADER };
    struct reader rest = { bytes, len };
    if (memcmp(bytes, begin, len < sizeof(begin) ? len : sizeof(begin)) != 0)
        return CLIENT_HELLO_NOT_TLS;
    while (message.have < message.want) {
        enum client_hello result = record_add(&message, &rest);
        if (result == CLIENT_HELLO_MORE && len >= CLIENT_HELLO_MAX)
            return CLIENT_HELLO_BAD;
        if (result != CLIENT_HELLO_UNNAMED)
            return result;
    }
    struct reader hello = { message.bytes + MESSAGE_HEADER, message.want - MESSAGE_HEADER };
    return hello_read(hello, name);
}
