/* USES tests/support */
#include "tests/support/test.h"

#include "lib/base/record.h"
#include "tests/support/http_talk.h"

static void a_get_says_what_it_names_and_takes_the_answer(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        { .text = HTTP_ANSWER("200 OK", "Content-Type:  text/plain \r\nETag: \"e\"\r\n", "hello") }
    };
    struct talk talk;
    talk_start(&talk, answers, 1);
    assert_true(talk_send(&talk, (struct http_request){ .bearer = "T", .accept = "text/plain" }));
    assert_int_equal(talk.response.status, 200);
    assert_string_equal(talk.response.content_type, "text/plain");
    assert_string_equal(talk.response.etag, "\"e\"");
    assert_string_equal(talk.response.body, "hello");
    assert_true(was_asked(&talk, 0, "GET /a HTTP/1.1\r\n"));
    assert_true(was_asked(&talk, 0, "Authorization: Bearer T\r\n"));
    assert_true(was_asked(&talk, 0, "Accept: text/plain\r\n"));
    assert_true(was_asked(&talk, 0, "User-Agent: test/1\r\n"));
    talk_end(&talk);
}

static void bodies_parts_and_methods_are_sent(void **state)
{
    (void)state;
    static const char ok[] = HTTP_ANSWER("200 OK", "Content-Length: 0\r\n", "");
    static const struct http_answer answers[] = {
        { .text = ok }, { .text = ok }, { .text = ok }, { .text = ok }
    };
    static const struct http_part parts[] = {
        { .name = "kind", .bytes = "pack", .len = 4 },
        { "file", "a.tar", "application/x-tar", "BYTES", 5 },
    };
    struct talk talk;
    talk_start(&talk, answers, COUNT(answers));
    assert_true(talk_send(
        &talk, (struct http_request){ .content_type = "a/b", .body = "{}", .body_len = 2 }));
    assert_true(talk_send(&talk, (struct http_request){ .method = "POST" }));
    assert_true(talk_send(&talk, (struct http_request){ .method = "HEAD" }));
    assert_true(talk_send(&talk, (struct http_request){ .parts = parts, .part_count = 2 }));
    assert_true(was_asked(&talk, 0, "Content-Type: a/b\r\n"));
    assert_true(was_asked(&talk, 0, "\r\n\r\n{}"));
    assert_true(was_asked(&talk, 1, "POST /a "));
    assert_true(was_asked(&talk, 2, "HEAD /a "));
    assert_true(was_asked(&talk, 3, "name=\"kind\"\r\n\r\npack\r\n"));
    assert_true(was_asked(&talk, 3, "name=\"file\"; filename=\"a.tar\""));
    assert_true(was_asked(&talk, 3, "Content-Type: application/x-tar\r\n\r\nBYTES\r\n"));
    talk_end(&talk);
}

static void an_answer_over_its_limit_is_refused(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        { HTTP_ANSWER("200 OK", "", ""), 1000 },
        { HTTP_ANSWER("200 OK", "", ""), 1001 },
        { HTTP_ANSWER("404 None", "", ""), 2 * 1024 * 1024 + 1 },
    };
    struct talk talk;
    talk_start(&talk, answers, 3);
    assert_true(talk_send(&talk, (struct http_request){ .max_bytes = 1000 }));
    assert_int_equal(talk.response.body_len, 1000);
    for (int i = 0; i < 2; i++) {
        assert_false(talk_send(&talk, (struct http_request){ .max_bytes = 1000 }));
        assert_int_equal(talk.err.kind, ERROR_TOO_LARGE);
    }
    talk_end(&talk);
}

/* A sink that keeps what it was told. */
struct kept {
    int begun, status;
    char bytes[16];
    bool refuses;
};

static bool kept_begin(void *context, const struct http_response *head, struct error *err)
{
    struct kept *kept = context;
    kept->begun++;
    kept->status = head->status;
    return !kept->refuses || error_set(err, CONFLICT, "not this");
}

static bool kept_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct kept *kept = context;
    (void)err;
    memcpy(kept->bytes, bytes, len < sizeof(kept->bytes) ? len : 0);
    return true;
}

static void a_sink_hears_of_every_success_once_and_of_no_failure(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        { .text = HTTP_ANSWER("200 OK", "", "bytes") },
        { .text = HTTP_ANSWER("200 OK", "Content-Length: 0\r\n", "") },
        { .text = HTTP_ANSWER("404 None", "", "text") },
        { .text = HTTP_ANSWER("200 OK", "Content-Length: 0\r\n", "") },
    };
    struct kept kept[COUNT(answers)] = { [3] = { .refuses = true } };
    struct talk talk;
    talk_start(&talk, answers, COUNT(answers));
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct http_sink sink = { &kept[i], kept_begin, kept_bytes };
        assert_int_equal(talk_send(&talk, (struct http_request){ .sink = &sink }), i != 3);
        assert_int_equal(kept[i].begun, i != 2);
        assert_string_equal(kept[i].bytes, i == 0 ? "bytes" : "");
    }
    assert_int_equal(kept[1].status, 200);
    assert_string_equal(talk.err.message, "not this");
    talk_end(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_says_what_it_names_and_takes_the_answer),
        cmocka_unit_test(bodies_parts_and_methods_are_sent),
        cmocka_unit_test(an_answer_over_its_limit_is_refused),
        cmocka_unit_test(a_sink_hears_of_every_success_once_and_of_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
