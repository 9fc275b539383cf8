#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "registry/http/uri.h"

static void a_target_may_name_scheme_and_host(void **state)
{
    (void)state;
    static const struct {
        const char *target, *host, *local;
    } cases[] = {
        { "http://a/b?c=http://d/e", "a", "/b?c=http://d/e" },
        { "HTTPS://A.example:8443", "A.example:8443", "" },
        { "http://a?b", "a", "?b" },
        { "http://", "", "" },
        { "/http://a/b", NULL, "/http://a/b" },
        { "*", NULL, "*" },
        { "", NULL, "" },
        { "http:/a", NULL, "http:/a" },
        { "ftp://a/b", NULL, "ftp://a/b" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = 0;
        const char *host = uri_authority(cases[i].target, &len);
        assert_string_equal(uri_local(cases[i].target), cases[i].local);
        assert_int_equal(host != NULL, cases[i].host != NULL);
        if (host) {
            assert_int_equal(len, strlen(cases[i].host));
            assert_memory_equal(host, cases[i].host, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_target_may_name_scheme_and_host) };
    return cmocka_run_group_tests_name("registry/http/uri", tests, NULL, NULL);
}
