#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/pack/manifest.h"

#define HEAD "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\""

static bool parse(const char *text, struct arena *arena, struct manifest *out, struct error *err)
{
    return manifest_parse(text, strlen(text), "package.json", arena, out, err);
}

static void parse_takes_every_directive_and_artifact(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct manifest manifest;
    assert_ok(parse(
        HEAD
        ",\"platforms\":[\"linux\"],\"min_nono_version\":\"v0.61.0\",\"pi\":{\"x\":[\"\\u0001\"]},"
        "\"dependencies\":[\"acme/base@^1.2\"],\"artifacts\":["
        "{\"type\":\"profile\",\"path\":\"p.toml\",\"install_as\":\"web\",\"aliases\":[\"w\"]},"
        "{\"type\":\"profile\",\"path\":\"policy.json\",\"install_as\":\"other\"},"
        "{\"type\":\"instruction\",\"path\":\"docs/A.md\",\"placement\":\"project\"},"
        "{\"type\":\"trust_policy\",\"path\":\"t.json\"},"
        "{\"type\":\"groups\",\"path\":\"g.json\",\"prefix\":\"web_\"},"
        "{\"type\":\"plugin\",\"path\":\"bin/x\",\"install_dir\":\"y\"}],\"wiring\":["
        "{\"type\":\"symlink\",\"link\":\"$HOME/.claude/x\",\"target\":\"$PACK_DIR\"},"
        "{\"type\":\"write_file\",\"source\":\"s1\",\"dest\":\"d\",\"when\":\"linux\"},"
        "{\"type\":\"json_merge\",\"file\":\"f\",\"patch\":\"s2\",\"when\":[\"macos\",\"!linux\"]},"
        "{\"type\":\"json_array_append\",\"file\":\"f\",\"path\":\"a.b\",\"patch_entries\":\"s3\","
        "\"key_field\":\"id\"},"
        "{\"type\":\"toml_block\",\"file\":\"f\",\"marker_id\":\"m\",\"content\":\"s4\","
        "\"position\":\"top\"},"
        "{\"type\":\"yaml_merge\",\"file\":\"f\",\"patch\":\"s5\"}]}",
        arena, &manifest, &err));
    static const char *const installed[] = { "profiles/web.toml", "profiles/other.json",
                                             "instructions/A.md", "trust-policy.json",
                                             "groups.json",       "bin/x" };
    for (size_t i = 0; i < COUNT(installed); i++)
        assert_string_equal(
            artifact_installed_path(LIST_AT(manifest.artifacts, struct artifact, i), arena),
            installed[i]);
    const struct artifact hidden = { .type = ARTIFACT_PROFILE, .path = ".yaml", .install_as = "x" };
    assert_string_equal(artifact_installed_path(&hidden, arena), "profiles/x.json");
    static const char *const sources[] = { NULL, "s1", "s2", "s3", "s4", "s5" };
    for (size_t i = 0; i < COUNT(sources); i++) {
        const struct directive *directive = LIST_AT(manifest.wiring, struct directive, i);
        assert_int_equal(directive->type, i);
        assert_non_null(directive_destination(directive));
        if (i)
            assert_string_equal(directive_source(directive), sources[i]);
        else
            assert_null(directive_source(directive));
    }
    assert_int_equal(LIST_AT(manifest.wiring, struct directive, 4)->position, BLOCK_TOP);
    struct list paths;
    manifest_paths(&manifest, arena, &paths);
    assert_int_equal(paths.count, 12);
    assert_string_equal(*LIST_AT(paths, const char *, 0), "bin/x");
    assert_non_null(doc_find(manifest.doc, "pi"));
}

#define ARTIFACT(text)  HEAD ",\"artifacts\":[" text "]}"
#define DIRECTIVE(text) HEAD ",\"wiring\":[" text "]}"
static const struct {
    const char *text, *reason;
} faults[] = {
    { "", "package.json" },
    { "{\"schema_version\":1}", "name: missing" },
    { "{\"schema_version\":2,\"name\":\"web\"}", "only version 1 is known" },
    { "{\"schema_version\":1,\"name\":\"../web\"}", "name: the name does not begin" },
    { "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0\"}", "is not a version" },
    { HEAD ",\"min_nono_version\":\"new\"}", "min_nono_version: " },
    { HEAD ",\"platforms\":[\"plan9\"]}", "unknown platform \"plan9\"" },
    { HEAD ",\"dependencies\":[\"base\"]}", "dependencies: \"base\": expected NAMESPACE/NAME" },
    { ARTIFACT("{\"type\":\"hook\",\"path\":\"x\"}"), "unknown value \"hook\"" },
    { ARTIFACT("{\"type\":\"plugin\"}"), "path: missing" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\"../x\"}"), "\"..\" segment" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\"package.json\"}"), "is no artifact" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\".nono-trust.bundle\"}"), "is no artifact" },
    { ARTIFACT("{\"type\":\"profile\",\"path\":\"p.json\"}"), "install_as: missing" },
    { ARTIFACT("{\"type\":\"profile\",\"path\":\"p.json\",\"install_as\":\"a/b\"}"),
      "install_as: " },
    { ARTIFACT(
          "{\"type\":\"profile\",\"path\":\"p.json\",\"install_as\":\"a\",\"aliases\":[\"\"]}"),
      "aliases: " },
    { ARTIFACT("{\"type\":\"profile\",\"path\":\"p.json\",\"install_as\":\"default\"}"),
      "install_as: no pack's profile can be called \"default\"" },
    { ARTIFACT("{\"type\":\"profile\",\"path\":\"p.json\",\"install_as\":\"a\","
               "\"aliases\":[\"default\"]}"),
      "aliases: no pack's profile can be called \"default\"" },
    { ARTIFACT("{\"type\":\"profile\",\"path\":\"p.json\",\"install_as\":\"a\"},"
               "{\"type\":\"profile\",\"path\":\"p.toml\",\"install_as\":\"a\"}"),
      "artifacts: two profiles are called a" },
    { ARTIFACT("{\"type\":\"groups\",\"path\":\"g.json\"}"), "prefix: missing" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\"a\"},{\"type\":\"plugin\",\"path\":\"a\"}"),
      "two of them would be installed as a" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\"groups.json\"},"
               "{\"type\":\"groups\",\"path\":\"g\",\"prefix\":\"x\"}"),
      "two of them would be installed as groups.json" },
    { DIRECTIVE("{\"type\":\"copy\"}"), "unknown value \"copy\"" },
    { DIRECTIVE("{\"type\":\"symlink\",\"link\":\"$HOME/x\"}"), "target: missing, which symlink" },
    { DIRECTIVE("{\"type\":\"write_file\",\"source\":\"/x\",\"dest\":\"d\"}"),
      "source: the path is absolute" },
    { DIRECTIVE("{\"type\":\"write_file\",\"source\":\"x\",\"dest\":\"$HOME/../d\"}"),
      "dest: the path has a \"..\"" },
    { DIRECTIVE("{\"type\":\"write_file\",\"source\":\"x\",\"dest\":\"\"}"),
      "dest: expected a path" },
    { DIRECTIVE("{\"type\":\"write_file\",\"source\":\"x\",\"dest\":\"d\",\"when\":\"lunix:>\"}"),
      "when" },
    { DIRECTIVE("{\"type\":\"toml_block\",\"file\":\"f\",\"content\":\"c\",\"marker_id\":\"a b\"}"),
      "marker_id: " },
    { DIRECTIVE("{\"type\":\"toml_block\",\"file\":\"f\",\"content\":\"c\",\"marker_id\":\"a\","
                "\"position\":\"middle\"}"),
      "unknown value \"middle\"" },
    { HEAD ",\n\"x\":\"a\\u0000b\"}", "package.json:2:5: x: expected text without NUL" },
    { HEAD ",\"x\":{\"y\":[[1,\"\\u0000\"]]}}", "y: expected text without NUL" },
    { ARTIFACT("{\"type\":\"plugin\",\"path\":\"a\",\"x\":\"\\u0000\"}"),
      "x: expected text without NUL" },
    { HEAD ",\"description\":\"\\u0000\"}", "description: expected text without NUL" },
    { HEAD ",\n\"a\\u0000b\":1}", "package.json:2:" },
};

static void parse_refuses_with_a_place_and_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct manifest manifest;
        struct error err = { 0 };
        if (parse(faults[i].text, arena, &manifest, &err))
            fail_msg("taken: %s", faults[i].text);
        if (!strstr(err.message, faults[i].reason))
            fail_msg("\"%s\" does not say \"%s\"", err.message, faults[i].reason);
    }
}

static void paths_are_judged_one_by_one(void **state)
{
    (void)state;
    static const char *const good[] = { "a", ".claude-plugin/p.json", "a..b", "a b", "\xc3\xa9" };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_ok(pack_path_check(good[i], &err));
    static const char *const bad[] = { "",   "/",     "a/",   "a//b",     ".",    "a/.",
                                       "..", "a\x7f", "a\nb", "\xc2\x85", "\xff", "a\\b" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(pack_path_check(bad[i], &err), INVALID);
    assert_true(pack_path_is_program("bin/x") && pack_path_is_program("a/bin/x"));
    assert_true(pack_path_is_program("x.sh"));
    assert_false(pack_path_is_program("cabin/x"));
}

/* One file as two artifacts would be installed once, and read as often as it is named. */
static void a_file_is_one_artifact_and_profiles_are_few(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct manifest manifest;
    struct error fault;
    assert_false(parse(HEAD ",\"artifacts\":[{\"type\":\"instruction\",\"path\":\"a.md\"},"
                            "{\"type\":\"plugin\",\"path\":\"a.md\"}]}",
                       arena, &manifest, &fault));
    assert_non_null(strstr(fault.message, "two of them are the file a.md"));

    const char *list = "";
    for (int i = 0; i <= LIMIT_PACK_PROFILES; i++) {
        if (i == LIMIT_PACK_PROFILES)
            assert_true(parse(arena_printf(arena, HEAD ",\"artifacts\":[%s]}", list), arena,
                              &manifest, &fault));
        list = arena_printf(arena,
                            "%s%s{\"type\":\"profile\",\"path\":\"%d.toml\","
                            "\"install_as\":\"p%d\"}",
                            list, *list ? "," : "", i, i);
    }
    assert_fails(
        parse(arena_printf(arena, HEAD ",\"artifacts\":[%s]}", list), arena, &manifest, &err),
        TOO_LARGE);
}

static void manifest_has_a_limit(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct manifest manifest;
    char *text = arena_alloc(arena, LIMIT_MANIFEST_BYTES + 2, 1);
    memset(text, ' ', LIMIT_MANIFEST_BYTES + 1);
    assert_fails(parse(text, arena, &manifest, &err), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_every_directive_and_artifact),
        cmocka_unit_test(parse_refuses_with_a_place_and_a_reason),
        cmocka_unit_test(paths_are_judged_one_by_one),
        cmocka_unit_test(a_file_is_one_artifact_and_profiles_are_few),
        cmocka_unit_test(manifest_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
