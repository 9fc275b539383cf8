/* USES tests/support */
#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/http/http.h"
#include "tests/support/http_script.h"

static unsigned pauses, last_pause_ms;

static void pause_note(unsigned ms)
{
    pauses++;
    last_pause_ms = ms;
}

/* A script, a client of it and what the client said. */
struct talk {
    struct http_script *script;
    struct http *http;
    struct arena *arena;
    struct http_response response;
    struct error err;
};

static void talk_start(struct talk *talk, const struct http_answer *answers, size_t count)
{
    *talk = (struct talk){ .script = http_script_start(answers, count), .arena = arena_new() };
    talk->http = http_new(&(struct http_setup){ .user_agent = "test/1", .pause = pause_note });
    pauses = last_pause_ms = 0;
}

static void talk_end(struct talk *talk)
{
    http_script_stop(talk->script);
    http_free(talk->http);
    arena_free(talk->arena);
}

static bool talk_send(struct talk *talk, struct http_request request)
{
    request.url = arena_printf(talk->arena, "%s/a", http_script_url(talk->script));
    return http_send(talk->http, &request, talk->arena, &talk->response, &talk->err);
}

static bool was_asked(const struct talk *talk, size_t index, const char *text)
{
    return strstr(http_script_request(talk->script, index), text);
}

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

static void failures_in_passing_are_tried_again(void **state)
{
    (void)state;
    static const char *const passing[] = {
        "",
        HTTP_ANSWER("503 Busy", "", ""),
        HTTP_ANSWER("502 Bad", "", ""),
        HTTP_ANSWER("429 Slow", "", ""),
        HTTP_ANSWER("200 OK", "Content-Length: 9\r\n", "cut"),
    };
    for (size_t i = 0; i < COUNT(passing); i++) {
        const struct http_answer answers[] = { { .text = passing[i] },
                                               { .text = HTTP_ANSWER("200 OK", "", "whole") } };
        struct talk talk;
        talk_start(&talk, answers, 2);
        assert_true(talk_send(&talk, (struct http_request){ 0 }));
        assert_string_equal(talk.response.body, "whole");
        assert_int_equal(pauses, 1);
        assert_in_range(last_pause_ms, 250, 505);
        talk_end(&talk);
    }
}

static void retry_after_is_heeded_within_a_minute(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        { .text = HTTP_ANSWER("503 Busy", "Retry-After: 7\r\n", "") },
        { .text = HTTP_ANSWER("503 Busy", "Retry-After: 61\r\n", "") },
    };
    struct talk talk;
    talk_start(&talk, answers, 2);
    assert_true(talk_send(&talk, (struct http_request){ 0 }));
    assert_int_equal(talk.response.status, 503);
    assert_int_equal(pauses, 1);
    assert_int_equal(last_pause_ms, 7000);
    talk_end(&talk);
}

static void attempts_end_and_a_post_has_one(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        { .text = "" }, { .text = "" }, { .text = "" }, { .text = "" }
    };
    struct talk talk;
    talk_start(&talk, answers, 4);
    assert_false(talk_send(&talk, (struct http_request){ .method = "POST" }));
    assert_int_equal(http_script_count(talk.script), 1);
    assert_false(talk_send(&talk, (struct http_request){ .method = "POST", .repeatable = true }));
    assert_int_equal(http_script_count(talk.script), 4);
    assert_int_equal(talk.err.kind, ERROR_UNAVAILABLE);
    assert_false(talk_send(&talk, (struct http_request){ 0 })); /* refused: the script is over */
    assert_int_equal(talk.err.kind, ERROR_UNAVAILABLE);
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

static void a_redirect_takes_the_token_to_its_own_origin_alone(void **state)
{
    (void)state;
    static const struct http_answer there[] = { { .text = HTTP_ANSWER("200 OK", "", "there") } };
    CLEANUP(http_script_stopp) struct http_script *other = http_script_start(there, 1);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct http_answer answers[] = {
        { .text = HTTP_ANSWER("302 Found", "Location: /b\r\n", "") },
        { .text = arena_printf(arena, HTTP_ANSWER("307 Go", "Location: %s/c\r\n", ""),
                               http_script_url(other)) },
    };
    struct talk talk;
    talk_start(&talk, answers, 2);
    assert_true(talk_send(&talk, (struct http_request){ .bearer = "T" }));
    assert_string_equal(talk.response.body, "there");
    assert_true(was_asked(&talk, 1, "GET /b "));
    assert_true(was_asked(&talk, 1, "Authorization: Bearer T\r\n"));
    assert_null(strstr(http_script_request(other, 0), "Authorization"));
    talk_end(&talk);
}

static void redirects_are_few_for_get_alone_and_within_the_rules(void **state)
{
    (void)state;
    static const char *const hop = HTTP_ANSWER("301 Moved", "Location: /a\r\n", "");
    const struct http_answer answers[] = {
        { .text = hop },
        { .text = HTTP_ANSWER("302 Found", "Location: http://192.0.2.1/\r\n", "") },
        { .text = hop },
        { .text = hop },
        { .text = hop },
        { .text = hop },
        { .text = hop },
        { .text = hop },
    };
    struct talk talk;
    talk_start(&talk, answers, COUNT(answers));
    assert_false(talk_send(&talk, (struct http_request){ .method = "POST" }));
    assert_int_equal(talk.err.kind, ERROR_UNAVAILABLE);
    assert_false(talk_send(&talk, (struct http_request){ 0 }));
    assert_int_equal(talk.err.kind, ERROR_DENIED);
    assert_false(talk_send(&talk, (struct http_request){ 0 }));
    assert_non_null(strstr(talk.err.message, "over 5 redirects"));
    assert_int_equal(http_script_count(talk.script), 8);
    talk_end(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_says_what_it_names_and_takes_the_answer),
        cmocka_unit_test(bodies_parts_and_methods_are_sent),
        cmocka_unit_test(failures_in_passing_are_tried_again),
        cmocka_unit_test(retry_after_is_heeded_within_a_minute),
        cmocka_unit_test(attempts_end_and_a_post_has_one),
        cmocka_unit_test(an_answer_over_its_limit_is_refused),
        cmocka_unit_test(a_redirect_takes_the_token_to_its_own_origin_alone),
        cmocka_unit_test(redirects_are_few_for_get_alone_and_within_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
