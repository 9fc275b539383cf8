/* USES tests/support */
#include "tests/support/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/record.h"
#include "lib/http/http.h"
#include "tests/support/http_script.h"

static void pause_none(unsigned ms)
{
    (void)ms;
}

static uint64_t done_last, total_last;

static void progress_note(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    done_last = done;
    total_last = total;
}

struct fetch {
    const char *held, *etag;
    bool immutable;
    size_t max_bytes;
    struct http_answer answers[3];
    size_t count;
    const char *whole;            /* what the file is in the end; NULL: a failure */
    enum error_kind kind;         /* ... of this kind */
    const char *asked, *etag_out; /* of the last request and answer; NULL: anything */
};

static void fetch_run(const struct fetch *fetch)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_script_stopp)
    struct http_script *script = http_script_start(fetch->answers, fetch->count);
    CLEANUP(http_freep)
    struct http *http =
        http_new(&(struct http_setup){ .pause = pause_none, .progress = progress_note });
    CLEANUP(closep) int fd = memfd_create("download", MFD_CLOEXEC);
    assert_int_equal(write(fd, fetch->held, strlen(fetch->held)), strlen(fetch->held));
    const struct http_download download = {
        .url = arena_printf(arena, "%s/f", http_script_url(script)),
        .etag = fetch->etag,
        .immutable = fetch->immutable,
        .max_bytes = fetch->max_bytes ? fetch->max_bytes : 100,
    };
    const char *etag = NULL;
    struct error err = { 0 };
    bool ok = http_download(http, &download, fd, arena, &etag, &err);
    assert_int_equal(ok, fetch->whole != NULL);
    assert_int_equal(ok ? ERROR_NONE : err.kind, fetch->kind);
    assert_int_equal(http_script_count(script), fetch->count);
    if (fetch->asked)
        assert_non_null(strstr(http_script_request(script, fetch->count - 1), fetch->asked));
    if (!ok)
        return;
    char bytes[128] = "";
    assert_true(pread(fd, bytes, sizeof(bytes) - 1, 0) >= 0);
    assert_string_equal(bytes, fetch->whole);
    if (fetch->etag_out)
        assert_string_equal(etag, fetch->etag_out);
}

#define WHOLE(body) HTTP_ANSWER("200 OK", "ETag: \"1\"\r\n", body)
#define REST(body)  HTTP_ANSWER("206 Partial", "ETag: \"1\"\r\n", body)

static void a_download_goes_on_where_it_can(void **state)
{
    (void)state;
    static const struct fetch cases[] = {
        { "", NULL, false, 0, { { WHOLE("abc"), 0 } }, 1, "abc", 0, "GET /f ", "\"1\"" },
        { "ab",
          "\"1\"",
          false,
          0,
          { { REST("c"), 0 } },
          1,
          "abc",
          0,
          "Range: bytes=2-\r\nIf-Range: \"1\"\r\n",
          "\"1\"" },
        { "ab", NULL, true, 0, { { REST("c"), 0 } }, 1, "abc", 0, "Range: bytes=2-\r\n", "\"1\"" },
        { "zz", "\"0\"", false, 0, { { WHOLE("abc"), 0 } }, 1, "abc", 0, NULL, "\"1\"" },
        { "zz", "W/\"1\"", false, 0, { { WHOLE("abc"), 0 } }, 1, "abc", 0, NULL, "\"1\"" },
        { "abc",
          "\"1\"",
          false,
          0,
          { { HTTP_ANSWER("416 Range", "", ""), 0 } },
          1,
          "abc",
          0,
          NULL,
          "\"1\"" },
        { "",
          NULL,
          false,
          0,
          { { HTTP_ANSWER("200 OK", "ETag: \"1\"\r\nContent-Length: 3\r\n", "ab"), 0 },
            { REST("c"), 0 } },
          2,
          "abc",
          0,
          "Range: bytes=2-\r\nIf-Range: \"1\"\r\n",
          "\"1\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        fetch_run(&cases[i]);
    assert_true(done_last == 3 && total_last == 0);
}

static void nothing_of_before_is_left_when_the_whole_is_empty(void **state)
{
    (void)state;
    static const struct fetch cases[] = {
        { "zz", "\"0\"", false, 0, { { WHOLE(""), 0 } }, 1, "", 0, NULL, "\"1\"" },
        { "zz", NULL, true, 0, { { WHOLE(""), 0 } }, 1, "", 0, NULL, "\"1\"" },
        { "ab", "\"0\"", false, 0, { { REST(""), 0 } }, 1, "ab", 0, NULL, "\"1\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        fetch_run(&cases[i]);
}

static void progress_counts_what_was_held_when_the_rest_comes_alone(void **state)
{
    (void)state;
    static const struct fetch cases[] = {
        { "ab",
          "\"1\"",
          false,
          0,
          { { HTTP_ANSWER("206 Partial", "ETag: \"1\"\r\nContent-Length: 1\r\n", "c"), 0 } },
          1,
          "abc",
          0,
          NULL,
          NULL },
        { "zz",
          "\"0\"",
          false,
          0,
          { { HTTP_ANSWER("200 OK", "ETag: \"1\"\r\nContent-Length: 3\r\n", "abc"), 0 } },
          1,
          "abc",
          0,
          NULL,
          NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        fetch_run(&cases[i]);
        assert_int_equal(done_last, 3);
        assert_int_equal(total_last, 3);
    }
}

/* What was held does not count then. */
static void the_limit_is_for_the_whole_when_the_whole_comes_again(void **state)
{
    (void)state;
    static const struct fetch cases[] = {
        { "zz", "\"0\"", false, 3, { { WHOLE("abc"), 0 } }, 1, "abc", 0, NULL, NULL },
        { "zz", "\"0\"", false, 3, { { WHOLE("abcd"), 0 } }, 1, NULL, ERROR_TOO_LARGE, NULL, NULL },
        { "ab", "\"1\"", false, 3, { { REST("cd"), 0 } }, 1, NULL, ERROR_TOO_LARGE, NULL, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        fetch_run(&cases[i]);
}

static void a_download_that_cannot_be_had_fails(void **state)
{
    (void)state;
    static const struct fetch cases[] = {
        { "", NULL, false, 2, { { WHOLE("abc"), 0 } }, 1, NULL, ERROR_TOO_LARGE, NULL, NULL },
        { "abc", "\"1\"", false, 2, { { NULL, 0 } }, 0, NULL, ERROR_TOO_LARGE, NULL, NULL },
        { "",
          NULL,
          false,
          0,
          { { HTTP_ANSWER("404 None", "", ""), 0 } },
          1,
          NULL,
          ERROR_NOT_FOUND,
          NULL,
          NULL },
        { "",
          NULL,
          false,
          0,
          { { "", 0 }, { "", 0 }, { "", 0 } },
          3,
          NULL,
          ERROR_UNAVAILABLE,
          NULL,
          NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        fetch_run(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_download_goes_on_where_it_can),
        cmocka_unit_test(nothing_of_before_is_left_when_the_whole_is_empty),
        cmocka_unit_test(progress_counts_what_was_held_when_the_rest_comes_alone),
        cmocka_unit_test(the_limit_is_for_the_whole_when_the_whole_comes_again),
        cmocka_unit_test(a_download_that_cannot_be_had_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
