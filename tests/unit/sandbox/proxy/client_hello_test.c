#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "sandbox/proxy/client_hello.h"

/* Writes a ClientHello, piece by piece, lengths last. */
struct writer {
    uint8_t bytes[20000];
    size_t len;
};

static void put(struct writer *to, const void *bytes, size_t len)
{
    memcpy(to->bytes + to->len, bytes, len);
    to->len += len;
}

static void put_number(struct writer *to, size_t bytes, size_t number)
{
    for (size_t i = bytes; i > 0; i--)
        to->bytes[to->len++] = (uint8_t)(number >> (8 * (i - 1)));
}

static void put_name(struct writer *to, const char *name, size_t len)
{
    put_number(to, 2, 0); /* server_name */
    put_number(to, 2, len + 5);
    put_number(to, 2, len + 3);
    put_number(to, 1, 0);
    put_number(to, 2, len);
    put(to, name, len);
}

static void put_padding(struct writer *to, size_t len)
{
    put_number(to, 2, 21);
    put_number(to, 2, len);
    memset(to->bytes + to->len, 0, len);
    to->len += len;
}

/* The handshake message around extensions. */
static struct writer hello_of(const struct writer *extensions)
{
    struct writer hello = { .len = 0 };
    put_number(&hello, 1, 1);
    put_number(&hello, 3, 2 + 32 + 1 + 32 + 2 + 4 + 2 + 2 + extensions->len);
    put_number(&hello, 2, 0x0303);
    memset(hello.bytes + hello.len, 7, 32);
    hello.len += 32;
    put_number(&hello, 1, 32);
    memset(hello.bytes + hello.len, 9, 32);
    hello.len += 32;
    put_number(&hello, 2, 4);
    put_number(&hello, 4, 0x13011302);
    put_number(&hello, 2, 0x0100);
    put_number(&hello, 2, extensions->len);
    put(&hello, extensions->bytes, extensions->len);
    return hello;
}

/* The message in records of at most record_max bytes. */
static struct writer records_of(const struct writer *hello, size_t record_max)
{
    struct writer records = { .len = 0 };
    for (size_t at = 0; at < hello->len; at += record_max) {
        size_t len = hello->len - at < record_max ? hello->len - at : record_max;
        put_number(&records, 1, 22);
        put_number(&records, 2, 0x0301);
        put_number(&records, 2, len);
        put(&records, hello->bytes + at, len);
    }
    return records;
}

static struct writer greeting(const char *name, size_t padding, size_t record_max)
{
    struct writer extensions = { .len = 0 };
    put_padding(&extensions, padding);
    if (name)
        put_name(&extensions, name, strlen(name));
    put_number(&extensions, 4, 0x000a0000);
    struct writer hello = hello_of(&extensions);
    return records_of(&hello, record_max);
}

static void the_name_is_read_however_the_greeting_is_cut(void **state)
{
    (void)state;
    static const struct {
        size_t padding, record_max;
    } cases[] = { { 0, 16384 }, { 1700, 16384 }, { 9000, 16384 }, { 200, 100 }, { 0, 1 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct writer bytes = greeting("API.Example.org", cases[i].padding, cases[i].record_max);
        struct host name;
        for (size_t len = 0; len < bytes.len; len += 1 + bytes.len / 300)
            assert_int_equal(client_hello_read(bytes.bytes, len, &name), CLIENT_HELLO_MORE);
        assert_int_equal(client_hello_read(bytes.bytes, bytes.len, &name), CLIENT_HELLO_NAMED);
        assert_string_equal(name.text, "api.example.org");
    }
}

static void a_greeting_without_a_name_is_told_apart(void **state)
{
    (void)state;
    struct host name;
    struct writer bytes = greeting(NULL, 10, 16384);
    assert_int_equal(client_hello_read(bytes.bytes, bytes.len, &name), CLIENT_HELLO_UNNAMED);
}

static void what_is_no_tls_is_told_by_its_first_bytes(void **state)
{
    (void)state;
    static const char *const others[] = { "GET / HTTP/1.1", "SSH-2.0-x", "\x80\x2e\x01\x03\x01",
                                          "\x15\x03\x01",   "\x16\x02",  "\x17\x03\x03" };
    struct host name;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(client_hello_read((const uint8_t *)others[i], strlen(others[i]), &name),
                         CLIENT_HELLO_NOT_TLS);
}

static void names_that_are_odd_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
    } bad[] = {
        { "", 0 }, { "evil\0.example.org", 17 }, { "a..b", 4 }, { "127.1", 5 }, { "a b", 3 }
    };
    struct host name;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct writer extensions = { .len = 0 };
        put_name(&extensions, bad[i].name, bad[i].len);
        struct writer hello = hello_of(&extensions), bytes = records_of(&hello, 16384);
        assert_int_equal(client_hello_read(bytes.bytes, bytes.len, &name), CLIENT_HELLO_BAD);
    }
    struct writer twice = { .len = 0 };
    put_name(&twice, "a.example", 9);
    put_name(&twice, "b.example", 9);
    struct writer hello = hello_of(&twice), bytes = records_of(&hello, 16384);
    assert_int_equal(client_hello_read(bytes.bytes, bytes.len, &name), CLIENT_HELLO_BAD);
}

static void every_length_is_held_to_what_is_there(void **state)
{
    (void)state;
    /* where the low byte of each length field stands: record, message, session, ciphers,
       compression, extensions, and those of the name's extension */
    static const size_t lengths[] = { 4, 8, 43, 77, 82, 85, 93, 95, 98 };
    struct writer good = greeting("api.example.org", 0, 16384);
    struct host name;
    for (size_t i = 0; i < 2 * COUNT(lengths); i++) {
        int change = i % 2 ? 1 : -1;
        struct writer bytes = good;
        uint8_t *byte = &bytes.bytes[lengths[i / 2]];
        *byte = (uint8_t)(*byte + change);
        enum client_hello result = client_hello_read(bytes.bytes, bytes.len, &name);
        if (result != CLIENT_HELLO_BAD && result != CLIENT_HELLO_MORE)
            fail_msg("length at %zu, off by %d: %d", lengths[i / 2], change, (int)result);
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct writer bytes = greeting("api.example.org", 16000, 8192);
    struct host name;
    assert_true(bytes.len > CLIENT_HELLO_MAX - 400);
    struct writer extensions = { .len = 0 };
    put_padding(&extensions, 16384);
    struct writer hello = hello_of(&extensions);
    bytes = records_of(&hello, 16000);
    assert_int_equal(client_hello_read(bytes.bytes, CLIENT_HELLO_MAX, &name), CLIENT_HELLO_BAD);

    struct writer trailing = greeting("api.example.org", 0, 16384);
    trailing.bytes[4]++; /* the record has a byte behind the message */
    trailing.bytes[trailing.len++] = 0;
    assert_int_equal(client_hello_read(trailing.bytes, trailing.len, &name), CLIENT_HELLO_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_read_however_the_greeting_is_cut),
        cmocka_unit_test(a_greeting_without_a_name_is_told_apart),
        cmocka_unit_test(what_is_no_tls_is_told_by_its_first_bytes),
        cmocka_unit_test(names_that_are_odd_are_refused),
        cmocka_unit_test(every_length_is_held_to_what_is_there),
        cmocka_unit_test(too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
