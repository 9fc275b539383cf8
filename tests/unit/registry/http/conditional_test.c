#include "tests/support/test.h"

#include "lib/base/record.h"
#include "registry/http/conditional.h"

static void ranges_are_read_against_a_size(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        uint64_t size;
        enum range_result result;
        uint64_t first, last;
    } cases[] = {
        { "bytes=0-9", 100, RANGE_PART, 0, 9 },
        { "bytes=0-0", 1, RANGE_PART, 0, 0 },
        { "bytes=90-", 100, RANGE_PART, 90, 99 },
        { "bytes=90-1000", 100, RANGE_PART, 90, 99 },
        { "bytes=-10", 100, RANGE_PART, 90, 99 },
        { "bytes=-1000", 100, RANGE_PART, 0, 99 },
        { "Bytes=1-2", 100, RANGE_PART, 1, 2 },
        { "bytes=100-", 100, RANGE_OUTSIDE, 0, 0 },
        { "bytes=0-", 0, RANGE_OUTSIDE, 0, 0 },
        { "bytes=-0", 100, RANGE_OUTSIDE, 0, 0 },
        { "bytes=-5", 0, RANGE_OUTSIDE, 0, 0 },
        { NULL, 100, RANGE_WHOLE, 0, 0 },
        { "", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=-", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=5-4", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=0-1,3-4", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=a-b", 100, RANGE_WHOLE, 0, 0 },
        { "bytes= 0-1", 100, RANGE_WHOLE, 0, 0 },
        { "items=0-1", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=99999999999999999999-", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=0-99999999999999999999", 100, RANGE_WHOLE, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t first = 0, last = 0;
        assert_int_equal(range_read(cases[i].field, cases[i].size, &first, &last), cases[i].result);
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

static void entity_tags_are_found_in_lists(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool listed, exact;
    } cases[] = {
        { "\"abc\"", true, true },
        { "W/\"abc\"", true, false },
        { "\"x\", \"abc\"", true, false },
        { "\"x\",W/\"abc\" , \"y\"", true, false },
        { "*", true, false },
        { " *", true, false },
        { "\"ab\"", false, false },
        { "\"abcd\"", false, false },
        { "abc", false, false },
        { "\"abc", false, false },
        { "", false, false },
        { ",,,", false, false },
        { "Wed, 21 Oct 2015 07:28:00 GMT", false, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(etag_listed(cases[i].field, "abc"), cases[i].listed);
        assert_int_equal(etag_is(cases[i].field, "abc"), cases[i].exact);
    }
    assert_false(etag_listed(NULL, "abc"));
}

struct field_of {
    const char *name, *value;
};

static void conditions_are_judged_in_their_order(void **state)
{
    (void)state;
    static const struct {
        struct field_of fields[3];
        enum condition condition;
    } cases[] = {
        { { { "Host", "\"abc\"" } }, CONDITION_NONE },
        { { { "If-None-Match", "\"x\"" } }, CONDITION_NONE },
        { { { "if-none-match", "W/\"abc\"" } }, CONDITION_NOT_MODIFIED },
        { { { "If-None-Match", "\"x\"" }, { "If-None-Match", "\"abc\"" } },
          CONDITION_NOT_MODIFIED },
        { { { "If-Match", "\"abc\"" } }, CONDITION_NONE },
        { { { "If-Match", "*" } }, CONDITION_NONE },
        { { { "if-match", "W/\"abc\", \"abc\"" } }, CONDITION_NONE },
        { { { "If-Match", "\"x\"" }, { "If-Match", "\"abc\"" } }, CONDITION_NONE },
        { { { "If-Match", "\"x\"" } }, CONDITION_FAILED },
        { { { "If-Match", "" } }, CONDITION_FAILED },
        { { { "If-Match", "W/\"abc\"" } }, CONDITION_FAILED },
        { { { "If-Match", "\"x\"" }, { "If-None-Match", "\"abc\"" } }, CONDITION_FAILED },
        { { { "If-Match", "\"abc\"" }, { "If-None-Match", "\"abc\"" } }, CONDITION_NOT_MODIFIED },
        { { { "If-Match", "\"abc\"" }, { "If-None-Match", "\"x\"" } }, CONDITION_NONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conditions conditions = { .etag = "abc" };
        for (const struct field_of *field = cases[i].fields; field->name; field++)
            conditions_field(&conditions, field->name, field->value);
        assert_int_equal(conditions_judge(&conditions), cases[i].condition);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_against_a_size),
        cmocka_unit_test(entity_tags_are_found_in_lists),
        cmocka_unit_test(conditions_are_judged_in_their_order),
    };
    return cmocka_run_group_tests_name("registry/http/conditional", tests, NULL, NULL);
}
