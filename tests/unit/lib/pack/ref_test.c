#include "tests/support/test.h"

#include <string.h>

#include "lib/pack/ref.h"

static void parse_takes_references(void **state)
{
    (void)state;
    static const struct {
        const char *text, *namespace, *name, *version;
        enum pack_ref_kind kind;
    } cases[] = {
        { "acme/web", "acme", "web", "", PACK_REF_LATEST },
        { "acme/web@latest", "acme", "web", "", PACK_REF_LATEST },
        { "always-further/secure-coding@1.2.3", "always-further", "secure-coding", "1.2.3",
          PACK_REF_VERSION },
        { "Kexin-xu-01/a.b_c@1.0.0-rc.1+x", "Kexin-xu-01", "a.b_c", "1.0.0-rc.1+x",
          PACK_REF_VERSION },
        { "0/1@^1.2", "0", "1", "^1.2", PACK_REF_RANGE },
        { "a/b@>=1 <2 || 3.x", "a", "b", ">=1 <2 || 3.x", PACK_REF_RANGE },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pack_ref ref;
        assert_ok(pack_ref_parse(cases[i].text, &ref, &err));
        assert_string_equal(ref.namespace, cases[i].namespace);
        assert_string_equal(ref.name, cases[i].name);
        assert_string_equal(ref.version, cases[i].version);
        assert_int_equal(ref.kind, cases[i].kind);
    }
}

static void print_is_the_inverse_of_parse(void **state)
{
    (void)state;
    struct pack_ref ref, again;
    char text[PACK_REF_MAX];
    assert_ok(pack_ref_parse("acme/web@~1.2", &ref, &err));
    pack_ref_print(&ref, text);
    assert_string_equal(text, "acme/web@~1.2");
    assert_ok(pack_ref_parse(text, &again, &err));
    assert_memory_equal(&ref, &again, sizeof(ref));
    assert_ok(pack_ref_parse("acme/web@latest", &ref, &err));
    pack_ref_print(&ref, text);
    assert_string_equal(text, "acme/web");
}

static void parse_refuses_what_could_leave_the_store(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "acme",
        "/web",
        "acme/",
        "../x",
        "x/..",
        "./x",
        "x/.",
        ".x/y",
        "a/../b",
        "a/b/c",
        "-a/b",
        "a/-b",
        "_a/b",
        "a/b\\c",
        "a b/c",
        "a/b\n",
        "a/b@",
        "a/b@v1.0.0",
        "a/b@../../x",
        "a/b@1.0.0@2",
        "\xc3\xa9/b",
        "a/b%2e",
        "lockfile.json/x",
        "LockFile.json/x",
        "wired.json/x",
        "journal-done.JSON/x",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pack_ref ref, before;
        memset(&ref, 7, sizeof(ref));
        before = ref;
        assert_fails(pack_ref_parse(bad[i], &ref, &err), INVALID);
        assert_memory_equal(&ref, &before, sizeof(ref));
    }
}

static void new_namespaces_end_in_no_name_of_a_file(void **state)
{
    (void)state;
    struct pack_ref ref;
    assert_ok(pack_namespace_check("acme", "namespace", &err));
    assert_ok(pack_namespace_check("acme.json5", "namespace", &err));
    assert_fails(pack_namespace_check("acme.json", "namespace", &err), INVALID);
    assert_fails(pack_namespace_check("A.JSON", "namespace", &err), INVALID);
    assert_ok(pack_ref_parse("acme.json/web", &ref, &err)); /* may be installed */
}

static void parse_holds_lengths(void **state)
{
    (void)state;
    char text[256];
    struct pack_ref ref;
    memset(text, 'a', sizeof(text));
    memcpy(text + 64, "/b", 3);
    assert_ok(pack_ref_parse(text, &ref, &err));
    memset(text, 'a', sizeof(text));
    memcpy(text + 65, "/b", 3);
    assert_fails(pack_ref_parse(text, &ref, &err), INVALID);
    memset(text, '1', sizeof(text));
    memcpy(text, "a/b@1.0.", 8);
    text[4 + 129] = '\0';
    assert_fails(pack_ref_parse(text, &ref, &err), INVALID);
    assert_fails(pack_name_check("", "name", &err), INVALID);
    assert_ok(pack_name_check("a.b", "name", &err));
}

static void failures_name_the_part(void **state)
{
    (void)state;
    struct pack_ref ref;
    struct error err;
    assert_false(pack_ref_parse("a/.b", &ref, &err));
    assert_string_equal(err.field, "name");
    assert_false(pack_ref_parse("a$/b", &ref, &err));
    assert_string_equal(err.field, "namespace");
    assert_false(pack_ref_parse("a/b@x y", &ref, &err));
    assert_string_equal(err.field, "version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_references),
        cmocka_unit_test(print_is_the_inverse_of_parse),
        cmocka_unit_test(parse_refuses_what_could_leave_the_store),
        cmocka_unit_test(new_namespaces_end_in_no_name_of_a_file),
        cmocka_unit_test(parse_holds_lengths),
        cmocka_unit_test(failures_name_the_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
