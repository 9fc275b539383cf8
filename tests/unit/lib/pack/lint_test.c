#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "lib/pack/agents.h"
#include "lib/pack/lint.h"

/* A pack with everything in it; a case replaces one of its files. */
static const struct pack_file whole[] = {
#define FILE_OF(name, text)                                       \
    {                                                             \
        .path = (name), .bytes = (text), .size = sizeof(text) - 1 \
    }
    FILE_OF(
        "package.json",
        "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\n"
        "\"description\":\"d\",\"license\":\"Apache-2.0\",\n"
        "\"dependencies\":[\"acme/base@^1\"],\"artifacts\":[\n"
        "{\"type\":\"profile\",\"path\":\"p.toml\",\"install_as\":\"web\"},\n"
        "{\"type\":\"instruction\",\"path\":\"A.md\"},\n"
        "{\"type\":\"trust_policy\",\"path\":\"t.json\"},\n"
        "{\"type\":\"groups\",\"path\":\"g.json\",\"prefix\":\"web_\"},\n"
        "{\"type\":\"plugin\",\"path\":\"m.json\"},\n"
        "{\"type\":\"plugin\",\"path\":\"l.json\"},\n"
        "{\"type\":\"plugin\",\"path\":\"b.toml\"},\n"
        "{\"type\":\"plugin\",\"path\":\"y.yaml\"},\n"
        "{\"type\":\"plugin\",\"path\":\"hook\"}],\"wiring\":[\n"
        "{\"type\":\"symlink\",\"link\":\"$HOME/.claude/x\",\"target\":\"$PACK_DIR/hook\"},\n"
        "{\"type\":\"write_file\",\"source\":\"hook\",\"dest\":\"$HOME/.codex/hook\"},\n"
        "{\"type\":\"json_merge\",\"file\":\"$HOME/.claude.json\",\"patch\":\"m.json\"},\n"
        "{\"type\":\"json_array_append\",\"file\":\"$HOME/.claude/s.json\",\"path\":\"a\","
        "\"key_field\":\"id\",\"patch_entries\":\"l.json\"},\n"
        "{\"type\":\"toml_block\",\"file\":\"$HOME/.codex/config.toml\",\"marker_id\":\"web\","
        "\"content\":\"b.toml\"},\n"
        "{\"type\":\"yaml_merge\",\"file\":\"$XDG_CONFIG_HOME/goose/c.yaml\",\"patch\":\"y.yaml\"}]}"),
    FILE_OF("p.toml", "extends = [\"acme/base\", \"default\"]\ngroups = [\"web_one\"]\n"
                      "[session_hooks.before]\nscript = \"$PACK_DIR/hook\"\n"),
    FILE_OF("A.md", "text"),
    FILE_OF("t.json", "{}"),
    FILE_OF("g.json", "{\"web_one\":{\"description\":\"d\",\"allow\":{\"read\":[\"/usr\"]}}}"),
    FILE_OF("m.json", "{}"),
    FILE_OF("l.json", "[]"),
    FILE_OF("b.toml", "a = 1\n"),
    FILE_OF("y.yaml", "a: 1\n"),
    { .path = "hook", .bytes = "#!/bin/sh\n", .size = 10, .executable = true },
    FILE_OF("README.md", "# web\n"),
};

static struct lint_report lint(struct arena *arena, const struct pack_file *changed)
{
    struct pack_file files[COUNT(whole) + 1];
    size_t count = COUNT(whole);
    memcpy(files, whole, sizeof(whole));
    bool there = !changed;
    for (size_t i = 0; changed && i < count; i++) {
        if (strcmp(files[i].path, changed->path) == 0) {
            files[i] = *changed;
            there = true;
        }
    }
    if (!there)
        files[count++] = *changed;
    struct lint_report report;
    lint_files(files, count, arena, &report);
    return report;
}

static void nothing_is_found_in_a_sound_pack(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lint_report report = lint(arena, NULL);
    LIST_FOREACH (report.findings, const struct finding, finding)
        fail_msg("%s:%ju: %s", finding->file, (uintmax_t)finding->line, finding->message);
    assert_ok(lint_require(&report, &err));
    assert_string_equal(json_encode(&lint_report_record, &report, arena),
                        "{\"errors\":0,\"findings\":[],\"warnings\":0}");
}

static void each_fault_has_its_finding(void **state)
{
    (void)state;
    static const struct {
        struct pack_file file;
        int severity;
        const char *message;
    } cases[] = {
        { FILE_OF("package.json", "{"), LINT_ERROR, "" },
        { FILE_OF("package.json", "{\"schema_version\":1,\"name\":\"web\"}"), LINT_ERROR,
          "version: missing" },
        { FILE_OF("package.json",
                  "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\"artifacts\":[{"
                  "\"type\":\"instruction\",\"path\":\"x/Makefile\",\"placement\":\"project\"}]}"),
          LINT_WARNING, "refuses to put Makefile into a project" },
        { FILE_OF("more", ""), LINT_ERROR, "the manifest does not name it" },
        { FILE_OF("README.md", "\xff"), LINT_WARNING, "is not shown in the registry" },
        { FILE_OF("README.md", "a\0b"), LINT_WARNING, "is not shown in the registry" },
        { FILE_OF("a.MD", ""), LINT_ERROR, "the path differs from A.md only in upper" },
        { FILE_OF("p.toml", "[filesystem]\nraed = []\n"), LINT_ERROR, "raed" },
        { FILE_OF("p.toml", "extends = \"acme/other\"\n"), LINT_ERROR, "acme/other" },
        { FILE_OF("p.toml", "groups = [\"web_two\"]\n"), LINT_ERROR, "web_two" },
        { FILE_OF("p.toml", "[session_hooks.before]\nscript = \"$PACK_DIR/none\"\n"), LINT_ERROR,
          "the hook none is not in the pack" },
        { FILE_OF("hook", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"), LINT_ERROR,
          "would publish a private key" },
        { FILE_OF("p.toml", "[session_hooks.after]\nscript = \"/usr/bin/true\"\n"), LINT_ERROR,
          "the hook /usr/bin/true is not a file of the pack" },
        { FILE_OF("p.toml", "[session_hooks.after]\nscript = \"hook\"\n"), LINT_ERROR,
          "\"hook\" is not an absolute path" },
        { FILE_OF("p.toml", "[credentials]\nproxy_mode = true\n"), LINT_WARNING, "credentials" },
        { FILE_OF("hook", "#!/bin/sh\n"), LINT_ERROR, "a hook of p.toml, but not executable" },
        { FILE_OF("m.json", "#!"), LINT_ERROR, "" },
        { FILE_OF("m.json", "[]"), LINT_ERROR, "expected a table, found a list" },
        { FILE_OF("l.json", "{}"), LINT_ERROR, "expected a list, found a table" },
        { FILE_OF("t.json", "1"), LINT_ERROR, "expected a table" },
        { FILE_OF("g.json", "[]"), LINT_ERROR, "expected a table of groups" },
        { FILE_OF("g.json", "{\"two\":{}}"), LINT_ERROR, "does not begin with the prefix" },
        { FILE_OF("g.json", "{\"git_config\":{}}"), LINT_ERROR, "the name of a built-in" },
        { FILE_OF("g.json", "{\"web_a/b\":{}}"), LINT_ERROR, "has a / in its name" },
        { FILE_OF("g.json", "{\"web_one\":{},\"web_x\":{\"allow\":{\"raed\":[]}}}"), LINT_ERROR,
          "unknown key \"raed\"" },
        { FILE_OF("b.toml", "a ="), LINT_ERROR, "" },
        { FILE_OF("y.yaml", "a: ["), LINT_ERROR, "" },
        { FILE_OF("A.md", "\xff"), LINT_ERROR, "text in UTF-8" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct lint_report report = lint(arena, &cases[i].file);
        bool found = false;
        LIST_FOREACH (report.findings, const struct finding, finding)
            found = found || (finding->severity == cases[i].severity &&
                              strstr(finding->message, cases[i].message));
        if (!found)
            fail_msg("case %zu: nobody says \"%s\"", i, cases[i].message);
        struct error err;
        if (cases[i].severity == LINT_ERROR)
            assert_false(lint_require(&report, &err));
    }
}

#define WIRED(key, artifact, wiring)                                                            \
    FILE_OF("package.json", "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\"" key  \
                            ",\n\"artifacts\":[{\"type\":\"plugin\",\"path\":\"hook\"" artifact \
                            "}],\n\"wiring\":[" wiring "]}")

static void manifests_are_read_with_care(void **state)
{
    (void)state;
    static const struct {
        struct pack_file file;
        int severity;
        uint64_t line;
        const char *message, *hint;
    } cases[] = {
        { WIRED(",\"licence\":\"x\"", "", ""), LINT_WARNING, 1, "licence: unknown key", "license" },
        { WIRED("", ",\"install_dir\":\"x\"", ""), LINT_WARNING, 2, "install_dir: unknown key",
          "" },
        { WIRED(
              "", "",
              "{\"type\":\"write_file\",\"source\":\"hook\",\"dest\":\"$HOME/.pi/x\",\"mode\":1}"),
          LINT_WARNING, 3, "mode: unknown key", "" },
        { WIRED("", "", "{\"type\":\"write_file\",\"source\":\"hook\",\"dest\":\"$HOME/.bashrc\"}"),
          LINT_ERROR, 3, "is not in an agent's folder", ".claude" },
        { WIRED("", "",
                "{\"type\":\"write_file\",\"source\":\"hook\",\"dest\":\"$HOME/.pi/$WHO\"}"),
          LINT_ERROR, 3, "there is no variable $WHO", "PACK_DIR" },
        { WIRED("", "", "{\"type\":\"write_file\",\"source\":\"A.md\",\"dest\":\"$HOME/.pi/x\"}"),
          LINT_ERROR, 3, "A.md is not installed", "add it to artifacts" },
        { WIRED("", "",
                "{\"type\":\"symlink\",\"link\":\"$HOME/.pi/x\",\"target\":\"$PACK_DIR/../..\"}"),
          LINT_ERROR, 3, "is not inside $PACK_DIR", "" },
        { WIRED("", "",
                "{\"type\":\"symlink\",\"link\":\"$HOME/.pi/x\",\"target\":\"$PACK_DIRS\"}"),
          LINT_ERROR, 3, "is not inside $PACK_DIR", "" },
        { WIRED(",\n\"description\":\"a\\nb\"", "", ""), LINT_ERROR, 2,
          "description: expected one line of at most 500", "README" },
        { WIRED(",\n\"keywords\":[\"a\\nb\"]", "", ""), LINT_ERROR, 2,
          "keywords: expected at most 64 bytes of printable text each, found \"a", "" },
        { WIRED("", "", ""), LINT_WARNING, 0, "description: missing", "" },
        { WIRED("", "", ""), LINT_WARNING, 0, "license: missing", "" },
        { WIRED("", "", ""), LINT_WARNING, 0, "no artifact is a profile", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct lint_report report = lint(arena, &cases[i].file);
        bool found = false;
        LIST_FOREACH (report.findings, const struct finding, finding)
            found = found ||
                    (finding->severity == cases[i].severity && finding->line == cases[i].line &&
                     strstr(finding->message, cases[i].message) &&
                     strstr(finding->hint ? finding->hint : "", cases[i].hint));
        if (!found)
            fail_msg("case %zu: nobody says \"%s\"", i, cases[i].message);
    }
}

static size_t errors_of_words(size_t description, size_t keywords, size_t keyword)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = "", *list = "";
    for (size_t i = 0; i < description; i++)
        text = arena_printf(arena, "%s\xc3\xa9", text);
    const char *word = arena_printf(arena, "%0*d", (int)keyword, 0);
    for (size_t i = 0; i < keywords; i++)
        list = arena_printf(arena, "%s%s\"%s\"", list, i ? "," : "", word);
    const char *manifest = arena_printf(arena,
                                        "{\"schema_version\":1,\"name\":\"web\",\"version\":"
                                        "\"1.0.0\",\"description\":\"%s\",\"keywords\":[%s]}",
                                        text, list);
    struct pack_file file = { .path = PACK_MANIFEST, .bytes = manifest, .size = strlen(manifest) };
    struct lint_report report;
    lint_files(&file, 1, arena, &report);
    return report.errors;
}

/* A list of packs has them of every pack. */
static void descriptions_and_keywords_have_bounds(void **state)
{
    (void)state;
    assert_int_equal(errors_of_words(500, 50, 64), 0);
    assert_int_equal(errors_of_words(501, 50, 64), 1);
    assert_int_equal(errors_of_words(500, 51, 64), 1);
    assert_int_equal(errors_of_words(500, 50, 65), 1);
}

static struct lint_report folder_lint(const char *path, struct arena *arena)
{
    CLEANUP(closep) int dir = -1;
    struct lint_report report = { 0 };
    assert_ok(dir_open(path, &dir, &err));
    assert_ok(lint_folder(dir, arena, &report, &err));
    return report;
}

static void folders_are_read_as_they_are(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lint_report report = folder_lint("examples/packs/secure-coding", arena);
    assert_int_equal(report.findings.count, 0);
    report = folder_lint("examples/packs", arena);
    assert_int_equal(report.errors, 1);
    assert_string_equal(LIST_AT(report.findings, struct finding, 0)->message,
                        "there is no manifest");

    char path[] = "/tmp/nono-lint-XXXXXX";
    assert_non_null(mkdtemp(path));
    CLEANUP(closep) int dir = -1;
    CLEANUP(closep) int tmp = -1;
    assert_ok(dir_open(path, &dir, &err));
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(file_replace(dir, PACK_MANIFEST, whole[0].bytes, whole[0].size, 0644, &err));
    assert_int_equal(symlinkat("/etc/passwd", dir, "A.md"), 0);
    report = folder_lint(path, arena);
    assert_int_equal(report.errors, 9); /* eight files are missing, one is a link */
    assert_int_equal(LIST_AT(report.findings, struct finding, 1)->line, 4);
    assert_ok(tree_remove(tmp, path + 5, &err));
}

/* What an install refuses is not published; and a document of that size would be gigabytes. */
static void patches_have_the_limit_of_those_who_read_them(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *text = arena_alloc(arena, LIMIT_JSON_BYTES + 2, 1);
    memset(text, ' ', LIMIT_JSON_BYTES);
    memcpy(text, "{}", 2);
    struct pack_file file = { .path = "m.json", .bytes = text, .size = LIMIT_JSON_BYTES };
    struct lint_report report = lint(arena, &file);
    assert_int_equal(report.errors, 0);
    text[file.size++] = ' ';
    report = lint(arena, &file);
    assert_int_equal(report.errors, 1);
    const struct finding *finding = report.findings.items;
    assert_string_equal(finding->file, "m.json");
    assert_non_null(strstr(finding->message, "which nobody reads"));
}

static void agents_have_their_places(void **state)
{
    (void)state;
    static const char *const inside[] = { "$HOME/.claude/x", "$HOME/.claude.json",
                                          "$XDG_CONFIG_HOME/opencode/a", "$HOME/.config/goose/a",
                                          "$NONO_CONFIG/profile-drafts/x" };
    static const char *const outside[] = { "",
                                           "$HOME",
                                           "$HOME/.claude",
                                           "$HOME/.claude/",
                                           "$HOME/.claudex/a",
                                           "$HOME/.claude.json/x",
                                           "$HOME/.ssh/config",
                                           "$NONO_CONFIG/config.toml",
                                           "/home/u/.claude/x",
                                           "$HOMEX/.claude/x" };
    for (size_t i = 0; i < COUNT(inside); i++)
        assert_true(agent_place_holds(inside[i]));
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_false(agent_place_holds(outside[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_in_a_sound_pack),
        cmocka_unit_test(each_fault_has_its_finding),
        cmocka_unit_test(manifests_are_read_with_care),
        cmocka_unit_test(descriptions_and_keywords_have_bounds),
        cmocka_unit_test(folders_are_read_as_they_are),
        cmocka_unit_test(patches_have_the_limit_of_those_who_read_them),
        cmocka_unit_test(agents_have_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
