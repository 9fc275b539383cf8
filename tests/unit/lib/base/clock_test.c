#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/record.h"

static void print_and_parse_agree(void **state)
{
    (void)state;
    static const int64_t times[] = {
        0, 1, 951782400000000, 1763890200123456, 253402300799999999, -1
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        char text[CLOCK_TEXT_MAX];
        int64_t back;
        clock_print(times[i], text);
        assert_true(clock_parse(text, &back));
        assert_true(back == times[i]);
    }
}

static void dates_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -800000; day < 3000000; day += 17) {
        char text[CLOCK_TEXT_MAX], expected[64];
        int64_t time = (day * 86400 + 45296) * CLOCK_SECOND;
        time_t seconds = (time_t)(time / CLOCK_SECOND);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        assert_true(strftime(expected, sizeof(expected), "-%m-%dT12:34:56.000000Z", &tm) > 0);
        clock_print(time, text);
        long year = strtol(text, NULL, 10);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_string_equal(strchr(text + 1, '-'), expected);
    }
}

static void parse_knows_offsets_and_fractions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01t01:00:00+01:00", 0 },
        { "1969-12-31 23:30:00-00:30", 0 },
        { "1970-01-01T00:00:01.5Z", 1500000 },
        { "1970-01-01T00:00:00.123456789Z", 123456 },
        { "2024-02-29T00:00:00Z", 1709164800000000 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t time;
        assert_true(clock_parse(cases[i].text, &time));
        assert_true(time == cases[i].time);
    }
}

static void parse_refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2024",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-32T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-01-01T00:00:00+25:00",
        "2024-01-01T00:00:00Zx",
        "2024-1-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
    };
    int64_t time;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (clock_parse(bad[i], &time))
            fail_msg("accepted %s", bad[i]);
}

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_us();
    assert_true(clock_monotonic_us() >= before);
    assert_true(clock_now_us() > 1700000000 * CLOCK_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_and_parse_agree),
        cmocka_unit_test(dates_are_those_of_the_c_library),
        cmocka_unit_test(parse_knows_offsets_and_fractions),
        cmocka_unit_test(parse_refuses_what_is_no_time),
        cmocka_unit_test(clocks_go_forward),
    };
    return cmocka_run_group_tests_name("lib/base/clock", tests, NULL, NULL);
}
