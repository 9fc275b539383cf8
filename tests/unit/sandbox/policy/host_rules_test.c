#include "tests/support/test.h"

#include <string.h>

#include "sandbox/policy/host_rules.h"

static const char *allow[] = {
    "example.org",
    "*.wild.example",
    "db.example:5432",
    "git.example:22",
    "git.example",
    "10.0.0.5:8080",
    "[::1]:9000",
    "192.168.1.1",
    "mixed.Example.",
    "127.0.0.1:53",
    "169.254.169.254",
    "fd00::7",
    "metadata.google.internal",
};
static const char *deny[] = { "bad.wild.example", "*.evil.wild.example", "example.org:80",
                              "1.1.1.1" };

static struct host_rules rules_of(struct arena *arena)
{
    struct host_rules rules;
    struct list allowed = { (void *)allow, COUNT(allow) }, denied = { (void *)deny, COUNT(deny) };
    assert_ok(host_rules_parse(&allowed, &denied, arena, &rules, &err));
    return rules;
}

static struct authority authority_of(const char *text)
{
    struct authority authority;
    assert_ok(authority_parse(text, strlen(text), 443, &authority, &err));
    return authority;
}

static void judge_decides_before_any_look_up(void **state)
{
    (void)state;
    static const struct {
        const char *authority;
        enum proxy_category category; /* PROXY_NONE: allowed */
        const char *rule;
    } cases[] = {
        { "example.org", PROXY_NONE, "example.org" },
        { "example.org:80", PROXY_HOST_DENIED, "example.org:80" },
        { "example.org:8443", PROXY_PORT_NOT_ALLOWED, NULL },
        { "www.example.org", PROXY_HOST_NOT_ALLOWED, NULL },
        { "notexample.org", PROXY_HOST_NOT_ALLOWED, NULL },
        { "example.org.evil", PROXY_HOST_NOT_ALLOWED, NULL },
        { "a.wild.example", PROXY_NONE, "*.wild.example" },
        { "a.b.wild.example:80", PROXY_NONE, "*.wild.example" },
        { "wild.example", PROXY_HOST_NOT_ALLOWED, NULL },
        { "xwild.example", PROXY_HOST_NOT_ALLOWED, NULL },
        { "bad.wild.example", PROXY_HOST_DENIED, "bad.wild.example" },
        { "bad.wild.example:7", PROXY_HOST_DENIED, "bad.wild.example" },
        { "x.evil.wild.example", PROXY_HOST_DENIED, "*.evil.wild.example" },
        { "db.example:5432", PROXY_NONE, "db.example:5432" },
        { "db.example", PROXY_PORT_NOT_ALLOWED, NULL },
        { "git.example:22", PROXY_NONE, "git.example:22" },
        { "git.example:443", PROXY_NONE, "git.example" },
        { "mixed.example", PROXY_NONE, "mixed.Example." },
        { "10.0.0.5:8080", PROXY_NONE, "10.0.0.5:8080" },
        { "10.0.0.5:443", PROXY_PORT_NOT_ALLOWED, NULL },
        { "10.0.0.6:8080", PROXY_HOST_NOT_ALLOWED, NULL },
        { "[::1]:9000", PROXY_NONE, "[::1]:9000" },
        { "[fd00::7]", PROXY_NONE, "fd00::7" },
        { "192.168.1.1:80", PROXY_NONE, "192.168.1.1" },
        { "169.254.169.254:80", PROXY_METADATA, NULL },
        { "[::ffff:169.254.169.254]:80", PROXY_METADATA, NULL },
        { "metadata.google.internal:80", PROXY_METADATA, NULL },
        { "1.1.1.1", PROXY_HOST_DENIED, "1.1.1.1" },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules = rules_of(arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct authority authority = authority_of(cases[i].authority);
        struct host_judgement judgement;
        host_rules_judge(&rules, &authority, &judgement);
        if (judgement.category != cases[i].category)
            fail_msg("%s: %s", cases[i].authority, judgement.reason);
        assert_int_equal(judgement.allowed, cases[i].category == PROXY_NONE);
        assert_true(judgement.allowed || judgement.reason[0] != '\0');
        if (cases[i].rule)
            assert_string_equal(judgement.rule, cases[i].rule);
        else
            assert_null(judgement.rule);
    }
}

static void addresses_of_a_name_are_judged_each(void **state)
{
    (void)state;
    static const struct {
        const char *authority, *address;
        enum proxy_category category;
    } cases[] = {
        { "example.org", "8.8.8.8", PROXY_NONE },
        { "example.org", "2001:4860:4860::8888", PROXY_NONE },
        { "example.org", "127.0.0.1", PROXY_ADDRESS_DENIED },
        { "example.org", "10.0.0.5", PROXY_ADDRESS_DENIED }, /* named, for another port */
        { "example.org:8080", "10.0.0.5", PROXY_NONE },
        { "example.org", "192.168.1.1", PROXY_NONE },
        { "example.org", "169.254.169.254", PROXY_METADATA },
        { "example.org", "::ffff:8.8.8.8", PROXY_ADDRESS_DENIED },
        { "example.org", "1.1.1.1", PROXY_HOST_DENIED },
        { "example.org", "64:ff9b::808:808", PROXY_NONE }, /* 8.8.8.8 behind NAT64 */
        { "example.org", "64:ff9b::101:101", PROXY_HOST_DENIED },
        { "example.org", "::ffff:1.1.1.1", PROXY_HOST_DENIED },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules = rules_of(arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct authority authority = authority_of(cases[i].authority);
        struct host address;
        struct host_judgement judgement;
        assert_ok(host_parse(cases[i].address, strlen(cases[i].address), &address, &err));
        host_rules_judge_address(&rules, &authority, &address, &judgement);
        if (judgement.category != cases[i].category)
            fail_msg("%s at %s: %s", cases[i].authority, cases[i].address, judgement.reason);
    }
}

static void no_rule_allows_nothing_and_a_star_allows_what_is_public(void **state)
{
    (void)state;
    static const char *star[] = { "*", "*:8080" };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list none = { NULL, 0 }, any = { (void *)star, COUNT(star) };
    struct host_judgement judgement;
    struct host_rules rules;

    assert_ok(host_rules_parse(&none, &none, arena, &rules, &err));
    struct authority authority = authority_of("example.org");
    host_rules_judge(&rules, &authority, &judgement);
    assert_int_equal(judgement.category, PROXY_HOST_NOT_ALLOWED);

    assert_ok(host_rules_parse(&any, &none, arena, &rules, &err));
    static const struct {
        const char *authority;
        enum proxy_category category;
    } cases[] = {
        { "example.org", PROXY_NONE },
        { "example.org:8080", PROXY_NONE },
        { "example.org:22", PROXY_PORT_NOT_ALLOWED },
        { "8.8.8.8", PROXY_NONE },
        { "127.0.0.1", PROXY_ADDRESS_DENIED },
        { "[fe80::1]", PROXY_ADDRESS_DENIED },
        { "100.100.100.200", PROXY_METADATA },
        { "instance-data", PROXY_METADATA },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        authority = authority_of(cases[i].authority);
        host_rules_judge(&rules, &authority, &judgement);
        assert_int_equal(judgement.category, cases[i].category);
    }
}

static struct host_rules rules_with(const char **rule, size_t count, struct arena *arena)
{
    struct list named = { (void *)rule, count }, none = { NULL, 0 };
    struct host_rules rules;
    assert_ok(host_rules_parse(&named, &none, arena, &rules, &err));
    return rules;
}

static void localhost_is_allowed_where_a_rule_names_it_and_nowhere_else(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *authority;
        enum proxy_category category;
    } cases[] = {
        { "localhost:8391", "localhost:8391", PROXY_NONE },
        { "LOCALHOST.:8391", "LocalHost.:8391", PROXY_NONE },
        { "localhost", "localhost:80", PROXY_NONE },
        { "localhost", "localhost:8391", PROXY_PORT_NOT_ALLOWED },
        { "localhost:8391", "localhost:8392", PROXY_PORT_NOT_ALLOWED },
        { "localhost:8391", "foo.localhost:8391", PROXY_HOST_NOT_ALLOWED },
        { "localhost:8391", "127.0.0.1:8391", PROXY_HOST_NOT_ALLOWED },
        { "localhost:8391", "[::1]:8391", PROXY_HOST_NOT_ALLOWED },
        { "*.localhost:8391", "localhost:8391", PROXY_HOST_NOT_ALLOWED },
        { "*:8391", "localhost:8391", PROXY_ADDRESS_DENIED },
        { "*", "localhost", PROXY_ADDRESS_DENIED },
        { "127.0.0.1:8391", "localhost:8391", PROXY_HOST_NOT_ALLOWED },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *rule = cases[i].rule;
        struct host_rules rules = rules_with(&rule, 1, arena);
        struct authority authority = authority_of(cases[i].authority);
        struct host_judgement judgement;
        host_rules_judge(&rules, &authority, &judgement);
        if (judgement.category != cases[i].category)
            fail_msg("%s by %s: %s", cases[i].authority, rule, judgement.reason);
    }
}

static void no_other_name_or_address_gains_by_a_rule_for_localhost(void **state)
{
    (void)state;
    static const char *named[] = { "localhost:8391", "rebound.example:8391", "foo.localhost:8391",
                                   "localhost:80", "*:9000" };
    static const struct {
        const char *authority, *address;
        enum proxy_category category;
    } cases[] = {
        { "localhost:8391", "127.0.0.1", PROXY_NONE },
        { "localhost:8391", "::1", PROXY_NONE },
        { "localhost:8391", "127.0.0.2", PROXY_ADDRESS_DENIED },
        { "localhost:8391", "10.0.0.5", PROXY_ADDRESS_DENIED },
        { "localhost:8391", "::ffff:127.0.0.1", PROXY_ADDRESS_DENIED },
        { "localhost:8391", "169.254.169.254", PROXY_METADATA },
        { "localhost:9000", "127.0.0.1", PROXY_ADDRESS_DENIED },
        { "rebound.example:8391", "127.0.0.1", PROXY_ADDRESS_DENIED },
        { "foo.localhost:8391", "127.0.0.1", PROXY_ADDRESS_DENIED },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules = rules_with(named, COUNT(named), arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct authority authority = authority_of(cases[i].authority);
        struct host address;
        struct host_judgement judgement;
        assert_ok(host_parse(cases[i].address, strlen(cases[i].address), &address, &err));
        host_rules_judge_address(&rules, &authority, &address, &judgement);
        if (judgement.category != cases[i].category)
            fail_msg("%s at %s: %s", cases[i].authority, cases[i].address, judgement.reason);
    }
}

static void rules_of_another_form_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "https://example.org",
        "example.org/path",
        "*.",
        "*.*.org",
        "a.*.org",
        "**",
        "*.10.0.0.1",
        "*.::1",
        "127.1",
        "b\xc3\xbc.de",
        "example.org:0",
        "*:0",
        "*:99999",
        "*:",
        "*:8080x",
        "*x",
        "[::1]:x",
        "user@a.org",
        "a.org:80:90",
        "*:80000000000000000000",
    };
    struct host_rule rule;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err;
        if (host_rule_parse(bad[i], &rule, &err))
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_decides_before_any_look_up),
        cmocka_unit_test(addresses_of_a_name_are_judged_each),
        cmocka_unit_test(no_rule_allows_nothing_and_a_star_allows_what_is_public),
        cmocka_unit_test(localhost_is_allowed_where_a_rule_names_it_and_nowhere_else),
        cmocka_unit_test(no_other_name_or_address_gains_by_a_rule_for_localhost),
        cmocka_unit_test(rules_of_another_form_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
