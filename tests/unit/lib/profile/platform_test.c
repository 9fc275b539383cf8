/* USES lib/json */
#include "tests/support/test.h"

#include <string.h>
#include <unistd.h>

#include "lib/json/json.h"
#include "lib/profile/platform.h"

static const char fedora[] = "NAME=\"Fedora Linux\"\n# comment\nID=fedora\nVERSION_ID='43'\n"
                             "VARIANT_ID=workstation\nID_LIKE=\"rhel centos\"\nBAD\nVERSION_ID\n";

static void os_release_is_read(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_platform platform;
    profile_platform_parse(fedora, arena, &platform);
    assert_string_equal(platform.os, "linux");
    assert_string_equal(platform.id, "fedora");
    assert_string_equal(platform.version, "43");
    assert_string_equal(platform.variant, "workstation");
    assert_string_equal(platform.id_like, "rhel centos");
    profile_platform_parse("", arena, &platform);
    assert_null(platform.id);
    profile_platform_parse("ID=\nVERSION_ID=\"", arena, &platform);
    assert_null(platform.id);
    profile_platform_detect(arena, &platform);
    assert_non_null(platform.os);
}

static void conditions_hold_by_os_id_version_and_variant(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } cases[] = {
        { "linux", true },
        { "!linux", false },
        { "macos", false },
        { "!macos", true },
        { "windows:>=10", false },
        { "other", false },
        { "linux:fedora", true },
        { "linux:debian", false },
        { "linux:rhel-like", true },
        { "linux:fedora-like", true },
        { "linux:centos-like", true },
        { "linux:cent-like", false },
        { "linux:fedora:43", true },
        { "linux:fedora:=43", true },
        { "linux:fedora:==43", true },
        { "linux:fedora:>=42.9", true },
        { "linux:fedora:>43", false },
        { "linux:fedora:<=43", true },
        { "linux:fedora:<43.0", true },
        { "linux:fedora:>=43:workstation", true },
        { "linux:fedora:>=43:server", false },
        { "!linux:fedora:>=43:server", true },
        { "macos:>=15", false },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_platform platform;
    profile_platform_parse(fedora, arena, &platform);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool holds;
        assert_ok(profile_when_holds(cases[i].condition, &platform, &holds, &err));
        if (holds != cases[i].holds)
            fail_msg("%s", cases[i].condition);
        assert_ok(profile_when_holds(cases[i].condition, NULL, &holds, &err));
        assert_true(holds);
    }
    bool holds;
    struct profile_platform mac = { .os = "macos", .version = "15.1" };
    assert_ok(profile_when_holds("macos:>=15", &mac, &holds, &err));
    assert_true(holds);
    assert_ok(profile_when_holds("macos:>15.1", &mac, &holds, &err));
    assert_false(holds);
    struct profile_platform bare = { .os = "linux" };
    assert_ok(profile_when_holds("linux:debian:12", &bare, &holds, &err));
    assert_false(holds);
    bare.id = "debian", bare.version = "sid";
    assert_ok(profile_when_holds("linux:debian:12", &bare, &holds, &err));
    assert_false(holds);
}

static void a_condition_on_a_program_asks_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *condition;
        bool holds;
    } cases[] = {
        { "/bin", "program:sh", true },
        { "/nowhere:/usr/bin:/bin", "program:sh", true },
        { "/nowhere:/bin", "!program:sh", false },
        { "/bin", "program:no-such-program", false },
        { "/bin", "!program:no-such-program", true },
        { "/nowhere", "program:sh", false },
        { "bin:./bin::bin", "program:sh", false }, /* from / they would lead to it */
        { "/etc", "program:passwd", false },       /* a file, and no program */
        { "/", "program:bin", false },             /* a folder */
        { "", "program:sh", false },
        { NULL, "program:sh", false },
    };
    char here[4096];
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir("/"), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct profile_platform platform = { .os = "linux", .path = cases[i].path };
        bool holds;
        assert_ok(profile_when_holds(cases[i].condition, &platform, &holds, &err));
        assert_int_equal(holds, cases[i].holds);
        assert_ok(profile_when_holds(cases[i].condition, NULL, &holds, &err));
        assert_true(holds); /* it may, somewhere */
    }
    assert_int_equal(chdir(here), 0);
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "!",
        "!!linux",
        "linux:",
        "linux::12",
        "l nux",
        "linux:a:b",
        "linux:a:>",
        "linux:a:1..2",
        "linux:a:1:b:c",
        "macos:",
        "macos:15:x",
        "macos:newest",
        "linux:a:1234567890",
        "linux:a:1:",
        "program",
        "program:",
        "program:a b",
        "program:/bin/sh",
        "program:sh:1",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        bool holds;
        assert_fails(profile_when_holds(bad[i], NULL, &holds, &err), INVALID);
    }
    char endless[200] = "linux:";
    memset(endless + strlen(endless), 'a', sizeof(endless) - 1 - strlen(endless));
    bool holds;
    assert_fails(profile_when_holds(endless, NULL, &holds, &err), INVALID);
}

static void lists_hold_when_any_does(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int holds; /* -1: refused */
    } cases[] = {
        { "[\"macos\",\"linux\"]", 1 },
        { "[\"macos\",\"windows\"]", 0 },
        { "[]", -1 },
        { "[\"linux\",\"::\"]", -1 },
        { "3", -1 },
        { "[3]", -1 },
        { "\"linux\"", 1 },
        { "null", 1 },
    };
    struct profile_platform platform = { .os = "linux" };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc;
        bool holds;
        assert_ok(
            json_parse(cases[i].json, strlen(cases[i].json), "p", JSON_PLAIN, arena, &doc, &err));
        struct error fault;
        bool ok = profile_when_doc(doc, &platform, &holds, &fault);
        assert_int_equal(ok ? holds : -1, cases[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(os_release_is_read),
        cmocka_unit_test(conditions_hold_by_os_id_version_and_variant),
        cmocka_unit_test(a_condition_on_a_program_asks_the_path),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(lists_hold_when_any_does),
    };
    return cmocka_run_group_tests_name("lib/profile/platform", tests, NULL, NULL);
}
