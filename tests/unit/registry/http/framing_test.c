#include "tests/support/test.h"

#include <stdio.h>

#include "lib/base/record.h"
#include "tests/support/head_cut.h"

struct field_of {
    const char *name, *value;
};

static const char *fault_of(const struct field_of *fields, size_t count)
{
    struct framing framing = { 0 };
    for (size_t i = 0; i < count; i++)
        framing_field(&framing, fields[i].name, fields[i].value);
    framing_end(&framing, NULL);
    return framing.fault;
}

static void a_body_has_one_length(void **state)
{
    (void)state;
    static const struct field_of good[][2] = {
        { { "Host", "a" }, { "Accept", "*/*" } },
        { { "Content-Length", "0" }, { "X-Content-Length", "5" } },
        { { "content-length", "17" }, { "Content-Type", "a/b" } },
        { { "Transfer-Encoding", "Chunked" }, { "TE", "trailers" } },
        { { "Empty", "" }, { "None", NULL } },
        { { "A!#$%&'*+-.^_`|~z", "\t a\tb \xc3\xa4 " }, { "X9", "\"" } },
    };
    static const struct field_of bad[][2] = {
        { { "Content-Length", "5" }, { "content-length", "5" } },
        { { "Content-Length", "5" }, { "Transfer-Encoding", "chunked" } },
        { { "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" } },
        { { "Host", "a" }, { "Transfer-Encoding", "gzip, chunked" } },
        { { "Host", "a" }, { "Transfer-Encoding", "identity" } },
        { { "Host", "a" }, { "Content-Length", "" } },
        { { "Host", "a" }, { "Content-Length", "-1" } },
        { { "Host", "a" }, { "Content-Length", "0x5" } },
        { { "Host", "a" }, { "Content-Length ", "5" } },
        { { "", "a" }, { "Host", "a" } },
        { { "a b", "a" }, { "Host", "a" } },
        { { "a\tb", "a" }, { "Host", "a" } },
        { { "H\xc3\xa4", "a" }, { "Host", "a" } },
        { { "a", "b\rContent-Length: 5" }, { "Host", "a" } },
        { { "a", "b\x01" }, { "Host", "a" } },
        { { "a", "\x7f" }, { "Host", "a" } },
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(fault_of(good[i], 2));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(fault_of(bad[i], 2));
}

static void there_is_one_host_and_it_is_one(void **state)
{
    (void)state;
    static const char *const good[] = { "",          "a",       "a ",         "A.example:8080",
                                        "127.0.0.1", "[::1]:1", "xn--a_b-c:", "a%20b" };
    static const char *const bad[] = { "a b",  "a b/c", "a/b", "a@b", "a:b",
                                       "[::1", "[]",    ":80", "a?b" };
    for (size_t i = 0; i < COUNT(good); i++) {
        const struct field_of fields[] = { { "host", good[i] }, { "Host", good[i] } };
        assert_null(fault_of(fields, 1));
        assert_non_null(fault_of(fields, 2));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct field_of field = { "Host", bad[i] };
        assert_non_null(fault_of(&field, 1));
    }
}

/* "" when nothing is wrong, "none" when it is no head for libmicrohttpd. */
static const char *judge(const char *bytes, size_t len)
{
    static char fault[80];
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *copy = arena_alloc(arena, len + 1, 1);
    struct head_cut head;
    memcpy(copy, bytes, len);
    const char *found = head_cut(copy, len, arena, &head) ? head_fault(&head) : "none";
    (void)snprintf(fault, sizeof(fault), "%s", found ? found : "");
    return fault;
}
#define JUDGE(text) judge((text), sizeof(text) - 1)
#define HOST        "Host: a\r\n"

static void a_head_is_what_its_pieces_say(void **state)
{
    (void)state;
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "\r\n"), "");
    assert_string_equal(JUDGE("\r\nGET /?a=b HTTP/1.1\r\n" HOST "A:b\r\nC: \t d \r\nE:\r\n\r\n"),
                        "");
    assert_string_equal(JUDGE("GET / HTTP/1.0\r\n\r\n"), "");
    assert_string_equal(JUDGE("GET http://a:1/b?c HTTP/1.1\r\n" HOST "\r\n"), "");
    assert_string_equal(JUDGE("GET HTTPS://[::1] HTTP/1.1\r\n" HOST "\r\n"), "");

    static const char places[] = "a header line is folded, holds a NUL, or ends without CR";
    static const char end[] = "a header line has no name, holds a NUL, or ends without CR";
    static const char line[] = "the request line is not three words with one blank between them";
    static const char address[] = "the address holds a blank or a control character";
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n\r\n"), "there is no Host");
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "Content-Lengt: 5\r\n h\r\n\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\nD: e\r\n\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\nA: b\0c\r\n" HOST "\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\nA: b\n" HOST "\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\n" HOST "\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "A: b\n\r\n"), end);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "\n"), end);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\nHost: a\0b\n\n"), places);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n"), end);
    assert_string_equal(JUDGE("GET / HTTP/1.1\r\n" HOST "\0A: b\r\n\r\n"), end);
    assert_string_equal(JUDGE("GET  / HTTP/1.1\r\n" HOST "\r\n"), line);
    assert_string_equal(JUDGE("GET /\0a HTTP/1.1\r\n" HOST "\r\n"), line);
    assert_string_equal(JUDGE("GET /  HTTP/1.1\r\n" HOST "\r\n"), address);
    assert_string_equal(JUDGE("GET /a b HTTP/1.1\r\n" HOST "\r\n"), address);
    assert_string_equal(JUDGE("GET /?a\rb HTTP/1.1\r\n" HOST "\r\n"), address);
    assert_string_equal(JUDGE("G\tT / HTTP/1.1\r\n" HOST "\r\n"), "the method is none");
    assert_string_equal(JUDGE("GET http://a@b/ HTTP/1.1\r\n" HOST "\r\n"),
                        "the address has a host that is none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_has_one_length),
        cmocka_unit_test(there_is_one_host_and_it_is_one),
        cmocka_unit_test(a_head_is_what_its_pieces_say),
    };
    return cmocka_run_group_tests_name("registry/http/framing", tests, NULL, NULL);
}
