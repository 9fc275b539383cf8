#include "tests/support/test.h"

#include <string.h>

#include "lib/profile/resolver.h"

static void hosts_are_read_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *path;
        uint16_t port;
    } cases[] = {
        { "api.example.org", "api.example.org", NULL, 0 },
        { "API.Example.ORG.", "api.example.org", NULL, 0 },
        { "*.example.org", "*.example.org", NULL, 0 },
        { "*", "*", NULL, 0 },
        { "localhost:8080", "localhost", NULL, 8080 },
        { "api.example.org:443/v1/messages", "api.example.org", "/v1/messages", 443 },
        { "https://api.example.org/v1/**", "api.example.org", "/v1/**", 443 },
        { "https://api.example.org/**", "api.example.org", NULL, 443 },
        { "http://api.example.org/", "api.example.org", NULL, 80 },
        { "127.0.0.1:65535", "127.0.0.1", NULL, 65535 },
        { "[::1]:80", "::1", NULL, 80 },
        { "[2001:DB8::1]", "2001:db8::1", NULL, 0 },
        { "FD00::7", "fd00::7", NULL, 0 },
        { "https://2606:2800::34", "2606:2800::34", NULL, 443 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_host host;
        assert_ok(profile_host_parse(arena, cases[i].text, &host, &err));
        assert_string_equal(host.host, cases[i].host);
        assert_int_equal(host.port, cases[i].port);
        assert_int_equal(!host.path, !cases[i].path);
        if (host.path)
            assert_string_equal(host.path, cases[i].path);
    }
}

static void what_is_no_host_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "a b",
        "a..b",
        ".a",
        "a:0",
        "a:65536",
        "a:08",
        "a:x",
        "a:",
        "*.",
        "*.*.a",
        "a*",
        "*a.b",
        "[::1",
        "[::1]x",
        "[a]",
        "http://",
        "b\xc3\xbc",
        "user@a.b",
        "a?b",
        "ftp://a.b",
        "a:1:2",
        "fd00::7/x",
        "fd00::12345",
        "a\\b",
        "a:123456",
        "[]",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct profile_host host;
        struct error fault;
        if (profile_host_parse(arena, bad[i], &host, &fault))
            fail_msg("accepted %s", bad[i]);
        assert_int_equal(fault.kind, ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_read_in_every_form),
        cmocka_unit_test(what_is_no_host_is_refused),
    };
    return cmocka_run_group_tests_name("lib/profile/host", tests, NULL, NULL);
}
