#include "tests/support/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/record.h"
#include "lib/base/text.h"

static int kept;

/* Standard error is a file meanwhile. */
static void listen_in(void)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    kept = dup(STDERR_FILENO);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    (void)close(fd);
}

static void what_was_said(char *out, size_t size)
{
    ssize_t len = pread(STDERR_FILENO, out, size - 1, 0);
    assert_true(len >= 0);
    out[len] = '\0';
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
}

static void a_line_is_json_whatever_the_value(void **state)
{
    (void)state;
    static const struct {
        const char *value, *printed;
    } cases[] = {
        { "plain", "\"plain\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "a\nb\x01", "\"a\\u000ab\\u0001\"" },
        { "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
        { "\xff/\xc3(\xed\xa0\x80", "\"?/?(???\"" },
        { "cut \xe2\x82", "\"cut ??\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[512];
        listen_in();
        log_info("test", KV("path", cases[i].value), KV("n", 7));
        what_was_said(line, sizeof(line));
        assert_non_null(strstr(line, cases[i].printed));
        assert_true(text_ends(line, ",\"n\":7}\n"));
    }
}

static void a_long_value_ends_the_line_as_it_should(void **state)
{
    (void)state;
    static char value[10000], line[10000];
    for (size_t i = 0; i + 1 < sizeof(value); i += 2)
        memcpy(value + i, "\xc3\xbc", 2);
    for (size_t shift = 0; shift < 2; shift++) {
        listen_in();
        log_info("test", KV("a", shift ? "x" : ""), KV("path", value));
        what_was_said(line, sizeof(line));
        assert_true(strlen(line) <= 4096 && text_ends(line, "\"}\n"));
        assert_true(text_is_utf8(line, strlen(line)));
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_json_whatever_the_value),
        cmocka_unit_test(a_long_value_ends_the_line_as_it_should),
    };
    return cmocka_run_group_tests_name("lib/base/log", tests, NULL, NULL);
}
