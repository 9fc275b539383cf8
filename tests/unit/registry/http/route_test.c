#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "registry/http/route.h"

static const struct route routes[] = {
    { .method = GET, .path = "/packages" },
    { .method = GET, .path = "/packages/popular" },
    { .method = GET, .path = "/packages/{ns}/{name}" },
    { .method = POST, .path = "/packages/{ns}/{name}" },
    { .method = GET, .path = "/packages/{ns}/{name}/artifacts/{path...}" },
    { .method = GET, .path = "/packages/{ns}/by-tag" },
    { .method = GET, .path = "//healthz", .flags = ROUTE_BOTH },
    { .method = GET, .path = "//metrics", .flags = ROUTE_ADMIN },
};
static const struct route_table table = { routes, COUNT(routes), false };
static const struct route_table admin_table = { routes, COUNT(routes), true };

static void find_fills_params_in_order(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct route_match match;
    assert_ok(route_find(&table, POST, "/api/v1/packages/acme/we%62", arena, &match, &err));
    assert_ptr_equal(match.route, &routes[3]);
    assert_string_equal(match.params[0], "acme");
    assert_string_equal(match.params[1], "web");
}

static void find_prefers_literal_segments(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t row;
    } cases[] = {
        { "/api/v1/packages", 0 },
        { "/api/v1/api/v1/packages", 0 },
        { "/api/v1/packages/popular", 1 },
        { "/api/v1/packages/popular/x", 2 },
        { "/api/v1/packages/acme/by-tag", 5 },
        { "/healthz", 6 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct route_match match;
        assert_ok(route_find(&table, GET, cases[i].path, arena, &match, &err));
        assert_ptr_equal(match.route, &routes[cases[i].row]);
    }
}

static void a_rest_parameter_keeps_its_slashes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct route_match match;
    const char *path = "/api/v1/packages/a/b/artifacts/bin/sub/run%20it.sh";
    assert_ok(route_find(&table, HEAD, path, arena, &match, &err));
    assert_string_equal(match.params[2], "bin/sub/run it.sh");
}

static void find_refuses_what_is_not_there(void **state)
{
    (void)state;
    static const char *const missing[] = {
        "",
        "/",
        "packages",
        "/packages",
        "/api/v1",
        "/api/v1/",
        "/api/v1/packages/",
        "/api/v1//packages",
        "/api/v1/packages/acme",
        "/api/v1/packages//web",
        "/api/v1/packages/a%2Fb/c",
        "/api/v1/packages/a/b/artifacts/",
        "/api/v1/packages/a/b/artifacts/../x",
        "/api/v1/packages/a/b/artifacts/x//y",
        "/api/v1/packages/a/b/artifacts/%2e%2e/x",
        "/api/v1/packages/a/b/artifacts/x%2fy",
        "/api/v1/api/v1/api/v1/packages",
        "/api/v1/healthz",
        "/metrics",
    };
    for (size_t i = 0; i < COUNT(missing); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct route_match match;
        assert_fails(route_find(&table, GET, missing[i], arena, &match, &err), NOT_FOUND);
    }
}

static void find_refuses_malformed_encoding(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/api/v1/packages/%/x",      "/api/v1/packages/%4/x",  "/api/v1/packages/%g0/x",
        "/api/v1/packages/%00/x",    "/api/v1/packages/%0a/x", "/api/v1/packages/%ff/x",
        "/api/v1/packages/%c0%af/x",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct route_match match;
        assert_fails(route_find(&table, GET, bad[i], arena, &match, &err), INVALID);
    }
}

static void another_method_is_not_an_unknown_address(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct route_match match;
    const char *path = "/api/v1/packages/a/b";
    assert_fails(route_find(&table, DELETE, path, arena, &match, &err), METHOD);
    assert_string_equal(route_allow(&table, path, arena), "GET, HEAD, POST");
    assert_string_equal(route_allow(&table, "/nowhere", arena), "");
}

static void the_admin_listener_has_its_own_rows(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct route_match match;
    assert_ok(route_find(&admin_table, GET, "/metrics", arena, &match, &err));
    assert_ok(route_find(&admin_table, GET, "/healthz", arena, &match, &err));
    assert_fails(route_find(&admin_table, GET, "/api/v1/packages", arena, &match, &err), NOT_FOUND);
}

static void methods_are_known_by_name(void **state)
{
    (void)state;
    enum method method;
    assert_true(method_parse("PATCH", &method));
    assert_string_equal(method_name(method), "PATCH");
    assert_false(method_parse("patch", &method));
    assert_false(method_parse("TRACE", &method));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_fills_params_in_order),
        cmocka_unit_test(find_prefers_literal_segments),
        cmocka_unit_test(a_rest_parameter_keeps_its_slashes),
        cmocka_unit_test(find_refuses_what_is_not_there),
        cmocka_unit_test(find_refuses_malformed_encoding),
        cmocka_unit_test(another_method_is_not_an_unknown_address),
        cmocka_unit_test(the_admin_listener_has_its_own_rows),
        cmocka_unit_test(methods_are_known_by_name),
    };
    return cmocka_run_group_tests_name("registry/http/route", tests, NULL, NULL);
}
