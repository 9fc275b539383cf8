#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/record.h"
#include "sandbox/proxy/chunked.h"

/* Decodes text in pieces of at most step bytes. */
static enum chunked_result decode(const char *text, size_t len, size_t step, char *out,
                                  size_t *used)
{
    struct chunked chunked = { 0 };
    enum chunked_result result = CHUNKED_MORE;
    size_t at = 0, out_len = 0;
    while (at < len && result != CHUNKED_END && result != CHUNKED_BAD) {
        size_t piece = len - at < step ? len - at : step, skip = 0, data = 0;
        result = chunked_step(&chunked, text + at, piece, &skip, &data);
        if (result == CHUNKED_BAD)
            break;
        memcpy(out + out_len, text + at + skip, data);
        out_len += data;
        at += skip + data;
    }
    out[out_len] = '\0';
    *used = at;
    return result;
}

static void bodies_come_out_whole_however_they_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body, *rest;
    } cases[] = {
        { "0\r\n\r\n", "", "" },
        { "5\r\nhello\r\n0\r\n\r\nGET", "hello", "GET" },
        { "5\r\nhello\r\n00000006\r\n world\r\n0\r\n\r\n", "hello world", "" },
        { "A;ext=\"x y\"\r\n0123456789\r\n0;last\r\nTrailer: x\r\nOther: y\r\n\r\nrest",
          "0123456789", "rest" },
        { "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text), used;
        char out[128];
        for (size_t step = 1; step <= len; step++) {
            assert_int_equal(decode(cases[i].text, len, step, out, &used), CHUNKED_END);
            assert_string_equal(out, cases[i].body);
            assert_string_equal(cases[i].text + used, cases[i].rest);
        }
    }
}

static void what_is_not_exact_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\na\r\n",
        "0x1\r\na\r\n",
        " 1\r\na\r\n",
        "1 \r\na\r\n",
        "1\na\r\n",
        "1\r\nab\r\n",
        "1\r\na\n0\r\n\r\n",
        "1\ra\r\n",
        "1;\x01\r\na\r\n",
        "1;a\nb\r\na\r\n",
        "0\r\n\n",
        "0\r\nX: a\n\r\n",
        "0\r\nX: \x7f\r\n\r\n",
        "20000000000000\r\n",
        "fffffffffffffffff\r\n",
        "1\r\na\r\r\n",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char out[128];
        size_t used;
        if (decode(bad[i], strlen(bad[i]), 128, out, &used) != CHUNKED_BAD)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void lines_are_bounded(void **state)
{
    (void)state;
    static char text[CHUNKED_TRAILER_MAX + 64], out[64];
    size_t used;
    int len = snprintf(text, sizeof(text), "1;%0*d\r\na\r\n0\r\n\r\n", (int)CHUNKED_LINE_MAX, 0);
    assert_int_equal(decode(text, (size_t)len, 4096, out, &used), CHUNKED_BAD);
    len = snprintf(text, sizeof(text), "0\r\nX: %0*d\r\n\r\n", (int)CHUNKED_TRAILER_MAX, 0);
    assert_int_equal(decode(text, (size_t)len, 4096, out, &used), CHUNKED_BAD);
    len = snprintf(text, sizeof(text), "0\r\nX: %0*d\r\n\r\n", (int)CHUNKED_TRAILER_MAX - 8, 0);
    assert_int_equal(decode(text, (size_t)len, 4096, out, &used), CHUNKED_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_out_whole_however_they_are_cut),
        cmocka_unit_test(what_is_not_exact_is_refused),
        cmocka_unit_test(lines_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
