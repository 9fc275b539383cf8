#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/http/url.h"

static void only_https_and_this_machine_are_talked_to(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool ok, ok_plain;
    } cases[] = {
        { "https://registry.example.org", true, true },
        { "https://registry.example.org:8443/base?q=1", true, true },
        { "http://127.0.0.1:8080/x", true, true },
        { "http://127.1.2.3/x", true, true },
        { "http://localhost:1", true, true },
        { "http://[::1]:1/", true, true },
        { "http://registry.example.org/", false, true },
        { "http://127.0.0.1.evil.example/", false, true },
        { "http://10.0.0.1/", false, true },
        { "ftp://registry.example.org/", false, false },
        { "file:///etc/passwd", false, false },
        { "https://user@registry.example.org/", false, false },
        { "https://user:word@registry.example.org/", false, false },
        { "https://registry.example.org/#x", false, false },
        { "https://", false, false },
        { "", false, false },
        { "https://a\nb/", false, false },
        { "https://a%ee.example/", false, false },
        { "https://a%2541.example/", false, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err;
        bool ok = url_check(cases[i].url, false, &err), plain = url_check(cases[i].url, true, &err);
        if (ok != cases[i].ok || plain != cases[i].ok_plain)
            fail_msg("%s: %d %d", cases[i].url, ok, plain);
    }
}

static void a_base_has_one_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "HTTPS://Registry.Example.org/", "https://registry.example.org" },
        { "https://registry.example.org:443", "https://registry.example.org" },
        { "http://127.0.0.1:8080//", "http://127.0.0.1:8080" },
        { "https://registry.example.org/api/v1/", "https://registry.example.org/api/v1" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *base;
        assert_ok(url_base(cases[i][0], false, arena, &base, &err));
        if (strcasecmp(base, cases[i][1]) != 0)
            fail_msg("%s became %s", cases[i][0], base);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *base;
    assert_fails(url_base("registry.example.org", false, arena, &base, &err), INVALID);
    assert_fails(url_base("https://registry.example.org/?q", false, arena, &base, &err), INVALID);
}

static void a_password_is_not_told(void **state)
{
    (void)state;
    static const struct {
        const char *url, *told;
    } cases[] = {
        { "https://me:sesame@r.example", "https://[...]@r.example: " },
        { "https://sesame@r.example/@a/b", "https://[...]@r.example/@a/b: " },
        { "https://me:se@same@r.example", "[...]@r.example" },
        { "https://me:ses ame@r.example", "\"https://[...]@r.example\" is not a URL" },
        { "https://me:ses/ame@r.example", "\"https://[...]@r.example\" is not a URL" },
        { "me:sesame@r.example", "\"[...]@r.example\" is not a URL" },
        { "https://r.example/@a/b#c", "https://r.example/@a/b#c: " },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct error checked = { 0 }, of_base = { 0 };
        const char *base;
        (void)!url_check(cases[i].url, false, &checked);
        if (url_base(cases[i].url, false, arena, &base, &of_base) ||
            !strstr(of_base.message, cases[i].told) || strstr(of_base.message, "ses") ||
            strstr(of_base.message, "same") || strstr(checked.message, "ses"))
            fail_msg("%s: %s; %s", cases[i].url, of_base.message, checked.message);
    }
}

static void a_document_cannot_send_us_elsewhere(void **state)
{
    (void)state;
    static const char base[] = "https://r.example";
    static const struct {
        const char *reference;
        bool ok;
    } cases[] = {
        { "/api/v1/x", true },
        { "https://r.example/x", true },
        { "https://r.example:443/x", true },
        { "https://evil.example/x", false },
        { "http://r.example/x", false },
        { "https://r.example:8443/x", false },
        { "//evil.example/x", false },
        { "x/y", false },
        { "", false },
        { "/a b", false },
        { "/a#b", false },
        { "javascript:alert(1)", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *out;
        struct error err;
        if (url_resolve(base, cases[i].reference, arena, &out, &err) != cases[i].ok)
            fail_msg("%s", cases[i].reference);
    }
}

static void segments_are_escaped(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(url_escape("a b&c=d#e/f?g%\303\251~-._", arena),
                        "a%20b%26c%3Dd%23e%2Ff%3Fg%25%C3%A9~-._");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_https_and_this_machine_are_talked_to),
        cmocka_unit_test(a_base_has_one_form),
        cmocka_unit_test(a_password_is_not_told),
        cmocka_unit_test(a_document_cannot_send_us_elsewhere),
        cmocka_unit_test(segments_are_escaped),
    };
    return cmocka_run_group_tests_name("lib/http/url", tests, NULL, NULL);
}
