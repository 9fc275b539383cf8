#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/pack/semver.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct semver version(const char *text)
{
    struct semver parsed;
    assert_ok(semver_parse(text, &parsed, &err));
    return parsed;
}

/* In rising order; the examples of semver.org section 11 among them. */
static const char *const rising[] = {
    "0.0.0-0",
    "0.0.0",
    "0.0.1",
    "0.9.0",
    "0.10.0",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-99999999999999999999999999999",
    "1.0.0-100000000000000000000000000000",
    "1.0.0--",
    "1.0.0-1a",
    "1.0.0-A",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.1.0",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-",
    "1.0.0-alpha0",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "2.0.0",
    "10.0.0",
    "18446744073709551615.0.0",
};

static void compare_and_key_agree_on_the_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rising); i++) {
        for (size_t j = 0; j < COUNT(rising); j++) {
            struct semver a = version(rising[i]), b = version(rising[j]);
            char a_key[SEMVER_KEY_MAX], b_key[SEMVER_KEY_MAX];
            semver_key(&a, a_key);
            semver_key(&b, b_key);
            int want = (i > j) - (i < j), by_key = strcmp(a_key, b_key);
            assert_int_equal((semver_compare(&a, &b) > 0) - (semver_compare(&a, &b) < 0), want);
            assert_int_equal((by_key > 0) - (by_key < 0), want);
        }
    }
}

static void longest_version_has_a_key(void **state)
{
    (void)state;
    char text[SEMVER_MAX] = "1.0.0-1", key[SEMVER_KEY_MAX];
    while (strlen(text) + 2 < sizeof(text))
        memcpy(text + strlen(text), ".1", 3);
    struct semver parsed = version(text);
    semver_key(&parsed, key);
    assert_true(strlen(key) < SEMVER_KEY_MAX - 1);
    assert_int_equal(key[strlen(key) - 1], '1');
}

static void build_metadata_takes_no_part_in_the_order(void **state)
{
    (void)state;
    struct semver a = version("1.0.0+001"), b = version("1.0.0+exp.sha");
    assert_int_equal(semver_compare(&a, &b), 0);
}

static void print_is_the_inverse_of_parse(void **state)
{
    (void)state;
    static const char *const good[] = { "1.2.3", "0.0.0-a.b-c.0+00.x", "1.0.0+-", "1.0.0---" };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct semver parsed = version(good[i]);
        char text[SEMVER_MAX];
        semver_print(&parsed, text);
        assert_string_equal(text, good[i]);
    }
}

static void parse_refuses_what_is_not_a_version(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        "01.2.3",
        "1.02.3",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3-a..b",
        "1.2.3+",
        "1.2.3+a+b",
        " 1.2.3",
        "1.2.3 ",
        "1.2.3-a_b",
        "1.2.-3",
        "-1.2.3",
        "1.2.x",
        "1,2,3",
        "1.2.3-\xc3\xa9",
        "18446744073709551616.0.0",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct semver parsed;
        assert_fails(semver_parse(bad[i], &parsed, &err), INVALID);
    }
    char text[200] = "1.0.0-";
    memset(text + 6, 'a', 130);
    struct semver parsed;
    assert_fails(semver_parse(text, &parsed, &err), INVALID);
    text[LIMIT_VERSION_BYTES] = '\0';
    assert_ok(semver_parse(text, &parsed, &err));
}

/* The versions are separated by blanks; the range takes all of them, or none. */
static void range_judges(const char *text, const char *versions, bool takes)
{
    struct semver_range range;
    char words[128];
    assert_ok(semver_range_parse(text, &range, &err));
    (void)snprintf(words, sizeof(words), "%s", versions);
    for (char *at = words, *word; (word = strsep(&at, " "));) {
        if (!*word)
            continue;
        struct semver parsed = version(word);
        if (semver_range_matches(&range, &parsed) != takes)
            fail_msg("%s %s %s", text, takes ? "misses" : "takes", word);
    }
}

static void ranges_match_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *range, *inside, *outside; /* blank-separated versions */
    } cases[] = {
        { "1.2.3", "1.2.3 1.2.3+x", "1.2.4 1.2.3-a" },
        { "=1.2.3", "1.2.3", "1.2.2" },
        { "*", "0.0.0 9.9.9", "1.0.0-a" },
        { "x", "0.0.0", "1.0.0-a" },
        { "1", "1.0.0 1.9.9", "0.9.9 2.0.0 2.0.0-a" },
        { "1.x", "1.0.0 1.9.9", "2.0.0" },
        { "1.2.*", "1.2.0 1.2.9", "1.3.0" },
        { "^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-0 1.3.0-a" },
        { "^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0" },
        { "^0.2.3", "0.2.3 0.2.9", "0.3.0" },
        { "^0.0.3", "0.0.3", "0.0.4" },
        { "^0.0", "0.0.0 0.0.9", "0.1.0" },
        { "^0", "0.0.0 0.9.0", "1.0.0" },
        { "^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-rc 1.2.3 1.3.0", "1.2.3-beta.1 1.2.4-beta.9" },
        { "~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2" },
        { "~1", "1.0.0 1.9.9", "2.0.0" },
        { "~1.2", "1.2.0", "1.3.0" },
        { ">1", "2.0.0", "1.9.9" },
        { ">1.2", "1.3.0", "1.2.9" },
        { ">1.2.3", "1.2.4", "1.2.3" },
        { ">=1.2", "1.2.0 3.0.0", "1.1.9" },
        { "<2", "1.9.9", "2.0.0" },
        { "<=2", "2.9.9", "3.0.0" },
        { "<=1.2.3", "1.2.3", "1.2.4" },
        { ">= 1.0 < 3, >1.5", "1.6.0 2.9.9", "1.5.0 3.0.0 1.0.0" },
        { "1.x || >=3.1", "1.5.0 3.1.0", "2.0.0 3.0.9" },
        { "<2.0.0-beta", "1.0.0 2.0.0-alpha", "2.0.0 2.0.0-beta 1.0.0-a" },
        { ">*", "", "1.0.0" },
        { "<=*", "1.0.0", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        range_judges(cases[i].range, cases[i].inside, true);
        range_judges(cases[i].range, cases[i].outside, false);
    }
}

static void range_refuses_what_is_not_one(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "||",
        "1 ||",
        "|| 1",
        "1 | 2",
        "a",
        "1.2.3.4",
        "^",
        ">",
        ">=",
        "1.x.3",
        "=>1",
        "1-2",
        "^v1",
        "1.2-a",
        "!1",
        "^18446744073709551615",
        "1.",
        "1.2.3-",
        ">1.18446744073709551615",
        "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct semver_range range;
        if (semver_range_parse(bad[i], &range, &(struct error){ 0 }))
            fail_msg("takes \"%s\"", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_and_key_agree_on_the_order),
        cmocka_unit_test(longest_version_has_a_key),
        cmocka_unit_test(build_metadata_takes_no_part_in_the_order),
        cmocka_unit_test(print_is_the_inverse_of_parse),
        cmocka_unit_test(parse_refuses_what_is_not_a_version),
        cmocka_unit_test(ranges_match_what_they_say),
        cmocka_unit_test(range_refuses_what_is_not_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
