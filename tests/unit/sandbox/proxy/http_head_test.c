#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/record.h"
#include "sandbox/proxy/http_head.h"

#define HOST "Host: a.example\r\n"

static bool request(const char *text, size_t len, struct http_head *head, struct error *err)
{
    size_t scanned = 0, found = 0;
    if (!http_head_find(text, len, &scanned, &found, err))
        return false;
    return found == len ? http_request_parse(text, len, head, err)
                        : error_set(err, INVALID, "no end of the head");
}

static bool response(const char *text, bool answers_head, struct http_head *head, struct error *err)
{
    size_t scanned = 0, found = 0, len = strlen(text);
    if (!http_head_find(text, len, &scanned, &found, err))
        return false;
    return found == len ? http_response_parse(text, len, answers_head, head, err)
                        : error_set(err, INVALID, "no end of the head");
}

static void requests_of_either_version_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_framing framing;
        uint64_t length;
        unsigned minor;
        bool keep_alive;
    } cases[] = {
        { "GET http://a/ HTTP/1.1\r\n" HOST "\r\n", HTTP_NO_BODY, 0, 1, true },
        { "GET http://a/ HTTP/1.0\r\n\r\n", HTTP_NO_BODY, 0, 0, false },
        { "GET http://a/ HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", HTTP_NO_BODY, 0, 0, true },
        { "GET http://a/ HTTP/1.1\r\n" HOST "Connection: x, close\r\n\r\n", HTTP_NO_BODY, 0, 1,
          false },
        { "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", HTTP_NO_BODY, 0, 1,
          true },
        { "POST http://a/ HTTP/1.1\r\n" HOST "content-length:  42 \r\n\r\n", HTTP_LENGTH, 42, 1,
          true },
        { "PUT http://a/ HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", HTTP_CHUNKED, 0,
          1, true },
        { "M-SEARCH http://a/ HTTP/1.1\r\nhOsT:a\r\nX:\xc3\xbc\r\nEmpty:\r\n\r\n", HTTP_NO_BODY, 0,
          1, true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_head head = { 0 };
        assert_ok(request(cases[i].text, strlen(cases[i].text), &head, &err));
        assert_int_equal(head.framing, cases[i].framing);
        assert_int_equal(head.length, cases[i].length);
        assert_int_equal(head.minor, cases[i].minor);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
    }
}

static void requests_that_two_readers_could_read_differently_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "GET http://a/ HTTP/1.1\n" HOST "\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\n\r\n",
        "GET http://a/ HTTP/1.1\rX\r\n" HOST "\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n",
        "\r\nGET http://a/ HTTP/1.1\r\n" HOST "\r\n",
        "GET  http://a/ HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/  HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/ HTTP/1.1 \r\n" HOST "\r\n",
        "GET\thttp://a/\tHTTP/1.1\r\n" HOST "\r\n",
        " GET http://a/ HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/ HTTP/1.2\r\n" HOST "\r\n",
        "GET http://a/ HTTP/2.0\r\n" HOST "\r\n",
        "GET http://a/ http/1.1\r\n" HOST "\r\n",
        "GET http://a/\r\n" HOST "\r\n",
        "GET http://a/\\..\\b HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/#x HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/\x01 HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/\xc3\xbc HTTP/1.1\r\n" HOST "\r\n",
        "G(T http://a/ HTTP/1.1\r\n" HOST "\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST " folded: x\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "X : a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST ": a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "X: \x07\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_head head;
        struct error err;
        if (request(bad[i], strlen(bad[i]), &head, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static void only_the_chunked_coding_is_taken_and_no_nul(void **state)
{
    (void)state;
    static const char *const codings[] = { "gzip, chunked", "chunked, chunked", "identity",
                                           "chunked;q=1", "xchunked" };
    for (size_t i = 0; i < COUNT(codings); i++) {
        char text[128];
        struct http_head head;
        int len = snprintf(text, sizeof(text),
                           "POST http://a/ HTTP/1.1\r\n" HOST "Transfer-Encoding: %s\r\n\r\n",
                           codings[i]);
        assert_fails(request(text, (size_t)len, &head, &err), UNSUPPORTED);
    }
    struct http_head head;
    static const char nul[] = "GET http://a/ HTTP/1.1\r\nHost: evil\0.example\r\n\r\n";
    assert_fails(request(nul, sizeof(nul) - 1, &head, &err), INVALID);
}

static void limits_are_kept(void **state)
{
    (void)state;
    static char big[HTTP_HEAD_MAX + 16];
    struct http_head head;
    size_t scanned = 0, found;

    memset(big, 'a', sizeof(big));
    assert_fails(http_head_find(big, sizeof(big), &scanned, &found, &err), TOO_LARGE);

    int len = snprintf(big, sizeof(big), "GET http://a/%08192d HTTP/1.1\r\n" HOST "\r\n", 0);
    assert_fails(request(big, (size_t)len, &head, &err), TOO_LARGE);

    len = snprintf(big, sizeof(big), "GET http://a/ HTTP/1.1\r\n" HOST);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++)
        len += snprintf(big + len, sizeof(big) - (size_t)len, "x: y\r\n");
    len += snprintf(big + len, sizeof(big) - (size_t)len, "\r\n");
    assert_fails(request(big, (size_t)len, &head, &err), TOO_LARGE);
}

static void the_end_of_a_head_is_found_however_it_arrives(void **state)
{
    (void)state;
    static const char text[] = "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\nbody";
    size_t scanned = 0, found = 0;
    for (size_t len = 1; len < sizeof(text) && !found; len++)
        assert_ok(http_head_find(text, len, &scanned, &found, &err));
    assert_int_equal(found, sizeof(text) - 1 - strlen("body"));
}

static void hop_by_hop_fields_are_marked(void **state)
{
    (void)state;
    static const char text[] = "GET http://a/ HTTP/1.1\r\n" HOST
                               "Connection: X-Mine, keep-alive\r\nX-Mine: 1\r\nx-yours: 2\r\n"
                               "Proxy-Authorization: Basic eA==\r\nTE: trailers\r\nUpgrade: h2c\r\n"
                               "Proxy-Connection: close\r\nAuthorization: Bearer t\r\n\r\n";
    struct http_head head = { 0 };
    assert_ok(request(text, sizeof(text) - 1, &head, &err));
    for (size_t i = 0; i < head.count; i++) {
        bool end_to_end = http_text_is(head.fields[i].name, "x-yours") ||
                          http_text_is(head.fields[i].name, "authorization");
        assert_int_equal(head.fields[i].hop, !end_to_end);
    }
    assert_false(head.keep_alive);
    assert_false(head.wants_socket);

    static const char socket[] =
        "GET http://a/ HTTP/1.1\r\n" HOST "Upgrade: h2c, WebSocket\r\n\r\n";
    assert_ok(request(socket, sizeof(socket) - 1, &head, &err));
    assert_true(head.wants_socket);
}

static void responses_are_framed_by_status_and_fields(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool answers_head;
        enum http_framing framing;
        unsigned status;
        bool keep_alive;
    } cases[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, HTTP_LENGTH, 200, true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, HTTP_NO_BODY, 200, true },
        { "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, HTTP_NO_BODY, 200, true },
        { "HTTP/1.1 200\r\n\r\n", false, HTTP_UNTIL_CLOSE, 200, false },
        { "HTTP/1.0 404 Not Found\r\n\r\n", false, HTTP_UNTIL_CLOSE, 404, false },
        { "HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_NO_BODY, 204, true },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, HTTP_NO_BODY, 304,
          true },
        { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false, HTTP_NO_BODY, 103, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", false,
          HTTP_CHUNKED, 200, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_head head = { 0 };
        assert_ok(response(cases[i].text, cases[i].answers_head, &head, &err));
        assert_int_equal(head.framing, cases[i].framing);
        assert_int_equal(head.status, cases[i].status);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
    }
    static const char *const bad[] = {
        "HTTP/1.1 600 X\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 20 X\r\n\r\n",
        "HTTP/1.1  200 X\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 2xx X\r\n\r\n",
        "HTTP/1.1 200 \x01\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_head head;
        assert_fails(response(bad[i], false, &head, &err), INVALID);
    }
}

static void targets_are_split_and_only_http_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *line, *authority, *path;
        bool query_only;
    } cases[] = {
        { "GET http://a.example/x?y=1", "a.example", "/x?y=1", false },
        { "GET HTTP://a.example:81", "a.example:81", "/", false },
        { "GET http://a.example?y", "a.example", "?y", true },
        { "OPTIONS http://a.example", "a.example", "*", false },
        { "OPTIONS http://a.example/", "a.example", "/", false },
        { "GET http://u:p@a/", "u:p@a", "/", false }, /* authority_parse refuses it */
    };
    char text[128];
    struct http_head head;
    struct http_target target;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int len = snprintf(text, sizeof(text), "%s HTTP/1.1\r\n" HOST "\r\n", cases[i].line);
        assert_ok(request(text, (size_t)len, &head, &err));
        assert_ok(http_target_parse(&head, &target, &err));
        assert_true(http_text_is(target.authority, cases[i].authority));
        assert_true(http_text_is(target.path, cases[i].path));
        assert_int_equal(target.query_only, cases[i].query_only);
    }
    static const char *const bad[] = {
        "/", "*", "a.example:80", "http:/a/", "http://", "ftp://a/"
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", bad[i]);
        assert_ok(request(text, (size_t)len, &head, &err));
        assert_fails(http_target_parse(&head, &target, &err), INVALID);
    }
    int len = snprintf(text, sizeof(text), "GET https://a/ HTTP/1.1\r\n" HOST "\r\n");
    assert_ok(request(text, (size_t)len, &head, &err));
    assert_fails(http_target_parse(&head, &target, &err), UNSUPPORTED);
}

static void idempotent_methods_are_told_by_case(void **state)
{
    (void)state;
    static const char *const once[] = { "POST", "PATCH", "CONNECT", "PURGE", "get", "GETS", "GE" };
    static const char *const often[] = { "GET", "HEAD", "OPTIONS", "PUT", "DELETE" };
    for (size_t i = 0; i < COUNT(once); i++)
        assert_false(http_method_is_idempotent((struct http_text){ once[i], strlen(once[i]) }));
    for (size_t i = 0; i < COUNT(often); i++)
        assert_true(http_method_is_idempotent((struct http_text){ often[i], strlen(often[i]) }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_either_version_are_read),
        cmocka_unit_test(requests_that_two_readers_could_read_differently_are_refused),
        cmocka_unit_test(only_the_chunked_coding_is_taken_and_no_nul),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(the_end_of_a_head_is_found_however_it_arrives),
        cmocka_unit_test(hop_by_hop_fields_are_marked),
        cmocka_unit_test(responses_are_framed_by_status_and_fields),
        cmocka_unit_test(targets_are_split_and_only_http_is_taken),
        cmocka_unit_test(idempotent_methods_are_told_by_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
