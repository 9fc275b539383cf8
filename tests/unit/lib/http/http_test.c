/* USES tests/support */
#include "tests/support/test.h"

#include "lib/base/record.h"
#include "tests/support/http_talk.h"

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

static void a_post_that_was_answered_is_not_sent_again(void **state)
{
    (void)state;
    static const struct http_answer answers[] = { { .text = HTTP_ANSWER("503 Busy", "", "") } };
    struct talk talk;
    talk_start(&talk, answers, 1);
    assert_true(talk_send(
        &talk, (struct http_request){ .content_type = "a/b", .body = "x", .body_len = 1 }));
    assert_int_equal(talk.response.status, 503);
    assert_int_equal(pauses, 0);
    talk_end(&talk);
}

struct greeting {
    const char *word;
};

static void a_document_is_fetched_as_a_record_or_its_fault_named(void **state)
{
    (void)state;
    static const struct field fields[] = { TEXT(struct greeting, word, REQUIRED) };
    static const struct record record = RECORD(struct greeting, "greeting", fields);
    static const struct http_answer answers[] = {
        { .text = HTTP_ANSWER("200 OK", "", "{\"word\":\"hello\"}") },
        { .text = HTTP_ANSWER("200 OK", "", "{\"ward\":\"hello\"}") },
        { .text = HTTP_ANSWER("404 None", "", "{\"word\":\"hello\"}") },
    };
    struct greeting greeting = { 0 };
    struct talk talk;
    talk_start(&talk, answers, COUNT(answers));
    const struct http_request request = { .url = http_script_url(talk.script) };
    assert_ok(http_fetch(talk.http, &request, &record, talk.arena, &greeting, &err));
    assert_string_equal(greeting.word, "hello");
    assert_fails(http_fetch(talk.http, &request, &record, talk.arena, &greeting, &err), INVALID);
    assert_fails(http_fetch(talk.http, &request, &record, talk.arena, &greeting, &err), NOT_FOUND);
    talk_end(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_passing_are_tried_again),
        cmocka_unit_test(retry_after_is_heeded_within_a_minute),
        cmocka_unit_test(attempts_end_and_a_post_has_one),
        cmocka_unit_test(a_redirect_takes_the_token_to_its_own_origin_alone),
        cmocka_unit_test(redirects_are_few_for_get_alone_and_within_the_rules),
        cmocka_unit_test(a_post_that_was_answered_is_not_sent_again),
        cmocka_unit_test(a_document_is_fetched_as_a_record_or_its_fault_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
