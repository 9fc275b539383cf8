#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "sandbox/run/proxy.h"

static const char *value_of(const char *const *entries, const char *name)
{
    size_t len = strlen(name);
    for (; *entries; entries++)
        if (strncmp(*entries, name, len) == 0 && (*entries)[len] == '=')
            return *entries + len + 1;
    return NULL;
}

static void own_servers_are_not_proxied_but_allowed_ones_are(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *not_proxied;
    } cases[] = {
        { "api.example.org", "localhost,127.0.0.1,::1" },
        { "127.0.0.1:11434", "localhost,::1" },
        { "localhost", "127.0.0.1,::1" },
        { "localhost.example.org", "localhost,127.0.0.1,::1" },
        { "127.0.0.10:80", "localhost,127.0.0.1,::1" },
        { "[::1]:8080", "localhost,127.0.0.1" },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *rules[] = { "example.com:443", cases[i].rule };
        const struct list hosts = { .items = rules, .count = COUNT(rules) };
        const char *const *entries = run_proxy_environment(&hosts, arena);
        assert_string_equal(value_of(entries, "NO_PROXY"), cases[i].not_proxied);
        assert_string_equal(value_of(entries, "no_proxy"), cases[i].not_proxied);
        assert_string_equal(value_of(entries, "HTTPS_PROXY"), "http://127.0.0.1:3128");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_servers_are_not_proxied_but_allowed_ones_are),
    };
    return cmocka_run_group_tests_name("sandbox/run/proxy_environment", tests, NULL, NULL);
}
