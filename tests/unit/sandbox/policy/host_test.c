#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "sandbox/policy/host.h"

static bool parse(const char *text, struct host *out, struct error *err)
{
    return host_parse(text, strlen(text), out, err);
}

static void parse_takes_names_and_canonical_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
        enum host_kind kind;
    } cases[] = {
        { "example.org", "example.org", HOST_NAME },
        { "EXAMPLE.Org.", "example.org", HOST_NAME },
        { "xn--bcher-kva.example", "xn--bcher-kva.example", HOST_NAME },
        { "_dmarc.example.org", "_dmarc.example.org", HOST_NAME },
        { "localhost", "localhost", HOST_NAME },
        { "1password.com", "1password.com", HOST_NAME },
        { "123.example", "123.example", HOST_NAME },
        { "10.0.0.1", "10.0.0.1", HOST_IPV4 },
        { "255.255.255.255", "255.255.255.255", HOST_IPV4 },
        { "::", "::", HOST_IPV6 },
        { "::1", "::1", HOST_IPV6 },
        { "2001:db8::1", "2001:db8::1", HOST_IPV6 },
        { "::ffff:1.2.3.4", "::ffff:1.2.3.4", HOST_IPV6 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct host host;
        assert_ok(parse(cases[i].text, &host, &err));
        assert_string_equal(host.text, cases[i].canonical);
        assert_int_equal(host.kind, cases[i].kind);
    }
}

static void parse_refuses_every_other_notation_of_an_address(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2852039166",
        "0xA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "127.1",
        "127.0.1",
        "0",
        "0x",
        "010.0.0.1",
        "1.2.3.4.5",
        "1.2.3",
        "256.1.1.1",
        "1.2.3.4..",
        "example.0x7f",
        "example.123",
        "169.254.169.254.0",
        "0x7f.1",
        "::0",
        "0:0:0:0:0:0:0:1",
        "2001:DB8::1",
        "2001:db8:0:0:0:0:0:1",
        "fe80::1%eth0",
        "::ffff:0102:0304",
        "::ffff:1.2.3",
        "2001:db8::00:1",
        "1:2:3",
        ":::",
        "[::1]",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct host host;
        struct error err;
        if (parse(bad[i], &host, &err))
            fail_msg("%s was taken as %s", bad[i], host.text);
    }
}

static void parse_refuses_what_is_not_a_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",    ".",       "..",      "a..b",      ".a",  "-a.example",   "a-.example",
        "a b", "a\tb",    "a/b",     "a\\b",      "a@b", "b\xc3\xbc.de", "a%2eb",
        "a*b", "*.a.org", "a.org,b", "a.org\r\n", "a?b", "a#b",          "a_b.org..",
    };
    struct host host;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(parse(bad[i], &host, &err), INVALID);
    assert_fails(host_parse("evil\0.example.org", 17, &host, &err), INVALID);

    char long_label[70];
    memset(long_label, 'a', sizeof(long_label));
    assert_fails(host_parse(long_label, 64, &host, &err), INVALID);
    assert_ok(host_parse(long_label, 63, &host, &err));

    char long_name[260];
    for (size_t i = 0; i < sizeof(long_name); i++)
        long_name[i] = i % 2 ? '.' : 'a';
    assert_ok(host_parse(long_name, 253, &host, &err));
    assert_fails(host_parse(long_name, 255, &host, &err), INVALID);
}

static void authorities_have_a_port_or_a_default(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t default_port, port;
        const char *printed;
    } cases[] = {
        { "example.org", 80, 80, "example.org" },
        { "example.org:8080", 80, 8080, "example.org:8080" },
        { "Example.org.:443", 0, 443, "example.org:443" },
        { "10.0.0.1:65535", 0, 65535, "10.0.0.1:65535" },
        { "[::1]", 443, 443, "[::1]" },
        { "[2001:db8::1]:1", 443, 1, "[2001:db8::1]:1" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct authority authority;
        char printed[AUTHORITY_TEXT_MAX];
        assert_ok(authority_parse(cases[i].text, strlen(cases[i].text), cases[i].default_port,
                                  &authority, &err));
        assert_int_equal(authority.port, cases[i].port);
        authority_print(&authority, cases[i].default_port, printed);
        assert_string_equal(printed, cases[i].printed);
    }
}

static void authorities_of_any_other_form_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":80",
        "a.org",
        "a.org:",
        "a.org:0",
        "a.org:080",
        "a.org:65536",
        "a.org:99999999",
        "a.org:+80",
        "a.org:8o",
        "a.org:80:80",
        "a.org: 80",
        "user@a.org:80",
        "[a.org]:80",
        "[10.0.0.1]:80",
        "[::1:80",
        "[::1]80",
        "[::1]x:80",
        "::1:80",
        "[]:80",
        "[::1]:",
        "[[::1]]:80",
        "a.org:80/",
        "[",
    };
    struct authority authority;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(authority_parse(bad[i], strlen(bad[i]), 0, &authority, &err), INVALID);
}

static void only_literals_and_localhost_need_no_look_up(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        const char *first, *second;
    } cases[] = {
        { "localhost", 2, "::1", "127.0.0.1" },     { "LocalHost.", 2, "::1", "127.0.0.1" },
        { "10.0.0.1", 1, "10.0.0.1", NULL },        { "fd00::7", 1, "fd00::7", NULL },
        { "example.org", 0, NULL, NULL },           { "foo.localhost", 0, NULL, NULL },
        { "localhost.localdomain", 0, NULL, NULL }, { "localhost6", 0, NULL, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct host host, known[HOST_ADDRESSES_MAX];
        assert_ok(host_parse(cases[i].text, strlen(cases[i].text), &host, &err));
        assert_int_equal(host_addresses(&host, known), cases[i].count);
        if (cases[i].count > 0)
            assert_string_equal(known[0].text, cases[i].first);
        if (cases[i].count > 1)
            assert_string_equal(known[1].text, cases[i].second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_names_and_canonical_addresses),
        cmocka_unit_test(parse_refuses_every_other_notation_of_an_address),
        cmocka_unit_test(parse_refuses_what_is_not_a_name),
        cmocka_unit_test(authorities_have_a_port_or_a_default),
        cmocka_unit_test(authorities_of_any_other_form_are_refused),
        cmocka_unit_test(only_literals_and_localhost_need_no_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
