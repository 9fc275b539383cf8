#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/http/http.h"

#define PROBLEM "application/problem+json"

static bool require(int status, const char *type, const char *body, struct error *err)
{
    const struct http_response response = {
        .status = status,
        .content_type = type,
        .etag = "",
        .body = body,
        .body_len = strlen(body),
    };
    return http_require(&response, err);
}

static void a_success_needs_no_body(void **state)
{
    (void)state;
    static const int good[] = { 200, 201, 204, 206, 299 };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_ok(require(good[i], "", "", &err));
}

static void a_status_is_a_kind(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum error_kind kind;
    } cases[] = {
        { 400, ERROR_INVALID },     { 401, ERROR_UNAUTHORIZED }, { 403, ERROR_DENIED },
        { 404, ERROR_NOT_FOUND },   { 409, ERROR_CONFLICT },     { 410, ERROR_GONE },
        { 413, ERROR_TOO_LARGE },   { 422, ERROR_UNTRUSTED },    { 429, ERROR_RATE_LIMITED },
        { 500, ERROR_INTERNAL },    { 503, ERROR_UNAVAILABLE },  { 502, ERROR_UNAVAILABLE },
        { 304, ERROR_UNAVAILABLE }, { 100, ERROR_UNAVAILABLE },  { 418, ERROR_INVALID },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err;
        assert_false(require(cases[i].status, "text/html", "<h1>no</h1>", &err));
        assert_int_equal(err.kind, cases[i].kind);
        assert_non_null(strstr(err.message, "the server answered with status"));
        assert_string_equal(err.field, "");
        assert_string_equal(err.hint, "");
    }
}

static void a_problem_gives_detail_field_and_hint(void **state)
{
    (void)state;
    struct error err;
    assert_false(require(400, PROBLEM,
                         "{\"title\":\"Bad\",\"detail\":\"no such name\",\"field\":\"name\","
                         "\"hint\":\"see /v1/names\",\"more\":[1]}",
                         &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_string_equal(err.message, "no such name");
    assert_string_equal(err.field, "name");
    assert_string_equal(err.hint, "see /v1/names");
}

static void other_servers_say_it_under_other_keys(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"error\":\"invalid_grant\",\"error_description\":\"what is wrong\"}",
        "{\"error\":\"what is wrong\"}",
        "{\"message\":\"what is wrong\",\"title\":\"Wrong\"}",
        "{\"detail\":\"\",\"title\":\"what is wrong\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct error err;
        assert_false(require(403, "application/json; charset=utf-8", bodies[i], &err));
        assert_string_equal(err.message, "what is wrong");
    }
}

static void a_problem_that_is_none_leaves_the_status(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "{", "[]", "\"text\"", "{}", "{\"detail\":1}" };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct error err;
        assert_false(require(404, PROBLEM, bodies[i], &err));
        assert_int_equal(err.kind, ERROR_NOT_FOUND);
        assert_string_equal(err.message, "the server answered with status 404");
    }
    struct error err;
    assert_false(require(404, "text/plain", "{\"detail\":\"not asked for\"}", &err));
    assert_string_equal(err.message, "the server answered with status 404");
}

static void who_answered_and_how_long_to_wait_is_told(void **state)
{
    (void)state;
    struct http_response response = {
        .status = 503,
        .url = "https://r.example/x",
        .content_type = "",
        .etag = "",
        .body = "",
    };
    struct error err;
    assert_false(http_require(&response, &err));
    assert_string_equal(err.message, "https://r.example/x answered with status 503");
    assert_string_equal(err.hint, "");
    response.retry_after_s = 7;
    assert_false(http_require(&response, &err));
    assert_string_equal(err.hint, "the server asks to wait for 7 seconds");
}

static void what_a_server_says_cannot_steer_a_terminal(void **state)
{
    (void)state;
    struct error err;
    assert_false(require(400, PROBLEM,
                         "{\"detail\":\"a\\u001b[2Jb\\n\",\"field\":\"\\u001b[1m\","
                         "\"hint\":\"\\u0007\"}",
                         &err));
    static const char control[] = "\x1b\x07\n\r";
    assert_null(strpbrk(err.message, control));
    assert_null(strpbrk(err.field, control));
    assert_null(strpbrk(err.hint, control));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_needs_no_body),
        cmocka_unit_test(a_status_is_a_kind),
        cmocka_unit_test(a_problem_gives_detail_field_and_hint),
        cmocka_unit_test(other_servers_say_it_under_other_keys),
        cmocka_unit_test(a_problem_that_is_none_leaves_the_status),
        cmocka_unit_test(who_answered_and_how_long_to_wait_is_told),
        cmocka_unit_test(what_a_server_says_cannot_steer_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
