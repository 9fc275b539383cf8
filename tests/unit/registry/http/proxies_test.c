#include "tests/support/test.h"

#include "registry/http/proxies.h"

static bool make(const char *text, struct proxies **out, struct error *err)
{
    return proxies_new((struct list){ &text, 1 }, out, err);
}

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *network, *address;
        bool in;
    } cases[] = {
        { "127.0.0.1", "127.0.0.1", true },
        { "127.0.0.1", "127.0.0.2", false },
        { "10.0.0.0/8", "10.255.0.1", true },
        { "10.0.0.0/8", "11.0.0.1", false },
        { "192.168.4.0/22", "192.168.7.9", true },
        { "192.168.4.0/22", "192.168.8.0", false },
        { "0.0.0.0/0", "8.8.8.8", true },
        { "0.0.0.0/0", "2001:db8::1", false },
        { "::1", "::1", true },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "127.0.0.1", "::ffff:127.0.0.1", true },
        { "127.0.0.1", "unix", false },
        { "0.0.0.0/0", "unix", false },
        { "unix", "unix", true },
        { "unix", "127.0.0.1", false },
        { "127.0.0.1", "", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(proxies_freep) struct proxies *proxies = NULL;
        assert_ok(make(cases[i].network, &proxies, &err));
        assert_int_equal(proxies_have(proxies, cases[i].address), cases[i].in);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "Unix",        "unix:/run/x",  "",
                                       "/8",          "10.0.0.0/33",  "10.0.0.0/",
                                       "10.0.0.0/8x", "10.0.0",       "::/129",
                                       "host",        "10.0.0.0/-1",  "10.0.0.0/+5",
                                       "10.0.0.0/ 5", "10.0.0.0/0005" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct proxies *proxies;
        assert_fails(make(bad[i], &proxies, &err), INVALID);
    }
}

static void the_client_is_the_first_that_is_no_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *forwarded, *client;
    } cases[] = {
        { "10.0.0.1", NULL, "10.0.0.1" },
        { "10.0.0.1", "", "10.0.0.1" },
        { "10.0.0.1", "203.0.113.9", "203.0.113.9" },
        { "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9" },
        { "10.0.0.1", "203.0.113.9,10.0.0.2", "203.0.113.9" },
        { "10.0.0.1", "203.0.113.9 , 10.0.0.2 ", "203.0.113.9" },
        { "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3" },
        { "10.0.0.1", "spoofed", "10.0.0.1" },
        { "10.0.0.1", "1.2.3.4, , 10.0.0.2", "10.0.0.2" },
        { "10.0.0.1", "2001:db8::1", "2001:db8::1" },
        { "10.0.0.1", "2001:DB8:0:0::1", "2001:db8::1" },
        { "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9" },
        { "10.0.0.1", "0:0:0:0:0:FFFF:cb00:7109", "203.0.113.9" },
        { "10.0.0.1", "6.6.6.6, ::ffff:203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9" },
        { "10.0.0.1", "::ffff:0:203.0.113.9", "::ffff:0:cb00:7109" },
        { "10.0.0.1", "1000000000000000000000000000000000000000000000203.0.113.9", "10.0.0.1" },
        { "203.0.113.1", "1.2.3.4", "203.0.113.1" },
    };
    CLEANUP(proxies_freep) struct proxies *proxies = NULL;
    assert_ok(make("10.0.0.0/8", &proxies, &err));
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(proxies_client(proxies, cases[i].peer, cases[i].forwarded, arena),
                            cases[i].client);
    }
}

static void who_comes_by_the_socket_can_be_a_proxy_and_nobody_else_is_called_so(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *forwarded, *client;
    } cases[] = {
        { "unix", "203.0.113.9", "203.0.113.9" },
        { "unix", "6.6.6.6, 203.0.113.9", "203.0.113.9" },
        { "unix", "203.0.113.9, unix", "unix" },
        { "203.0.113.1", "1.2.3.4", "203.0.113.1" },
    };
    CLEANUP(proxies_freep) struct proxies *proxies = NULL;
    assert_ok(make("unix", &proxies, &err));
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(proxies_client(proxies, cases[i].peer, cases[i].forwarded, arena),
                            cases[i].client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(the_client_is_the_first_that_is_no_proxy),
        cmocka_unit_test(who_comes_by_the_socket_can_be_a_proxy_and_nobody_else_is_called_so),
    };
    return cmocka_run_group_tests_name("registry/http/proxies", tests, NULL, NULL);
}
