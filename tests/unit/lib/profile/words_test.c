/* USES lib/json */
/* What a profile asks, in words that hide nothing of it. */
#include "lib/profile/permissions.h"
#include "tests/support/profile.h"

static void said(struct arena *arena, enum profile_syntax syntax, const char *text,
                 struct list *out)
{
    struct profile_env env = env_of();
    struct permissions permissions;
    env.platform = NULL;
    struct profile_text document = {
        .text = text, .len = strlen(text), .syntax = syntax, .file = "p", .pack = "ns/p"
    };
    assert_ok(permissions_ask(&env, "p", &document, arena, &permissions, &err));
    permissions_words(&permissions, arena, out);
}

static const struct permission_line *line_of(const struct list *lines, const char *start)
{
    LIST_FOREACH (*lines, struct permission_line, line)
        if (text_starts(line->text, start))
            return line;
    return NULL;
}

static void a_profile_without_the_base_of_all_says_so(void **state)
{
    (void)state;
    static const struct {
        enum profile_syntax syntax;
        const char *text;
    } without[] = {
        { PROFILE_TOML, "extends = []" },
        { PROFILE_YAML, "extends: []" },
        { PROFILE_JSON, "{\"extends\": []}" },
    };
    for (size_t i = 0; i < COUNT(without); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct list lines;
        said(arena, without[i].syntax, without[i].text, &lines);
        const struct permission_line *line = line_of(&lines, "goes without the protections of");
        assert_non_null(line);
        assert_int_equal(line->risk, PERMISSION_GRAVE);
        said(arena, PROFILE_TOML, "", &lines);
        assert_null(line_of(&lines, "goes without"));
    }
}

static void protections_that_are_named_one_by_one_hold(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list lines;
    said(arena, PROFILE_TOML,
         "extends = []\ngroups = ['deny_credentials', 'deny_keychains_linux', "
         "'deny_keychains_macos', 'deny_macos_private', 'deny_browser_data_linux', "
         "'deny_browser_data_macos', {name='deny_shell_history', when='macos'}]",
         &lines);
    assert_null(line_of(&lines, "goes without the protections of"));
    assert_null(line_of(&lines, "goes without the protection deny_credentials"));
    assert_non_null(line_of(&lines, "goes without the protection deny_shell_configs"));
    /* on one system alone is not everywhere */
    assert_non_null(line_of(&lines, "goes without the protection deny_shell_history"));
}

static bool widens(const struct list *changes, const char *text)
{
    LIST_FOREACH (*changes, struct permission_change, change)
        if (strcmp(change->text, text) == 0)
            return change->widened;
    fail_msg("no \"%s\"", text);
    return false;
}

static void diff(struct arena *arena, const char *before, const char *after, struct list *out)
{
    struct profile_env env = env_of();
    struct permissions summaries[2];
    const char *const texts[] = { before, after };
    env.platform = NULL;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct profile_text document = { .text = texts[i],
                                         .len = strlen(texts[i]),
                                         .syntax = PROFILE_TOML,
                                         .file = "p",
                                         .pack = "ns/p" };
        assert_ok(permissions_ask(&env, "p", &document, arena, &summaries[i], &err));
    }
    permissions_diff(&summaries[0], &summaries[1], arena, out);
}

static void what_held_before_and_does_not_now_is_wider(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list changes;
    diff(arena, "", "extends = []", &changes);
    const struct permission_change *first = changes.items;
    assert_true(changes.count >= 1 && first->widened);
    assert_true(text_starts(first->text, "now: goes without the protections of every profile"));
    diff(arena, "extends = []", "", &changes);
    assert_false(LIST_AT(changes, struct permission_change, 0)->widened);

    /* With no list what is not secret passes. */
    diff(arena, "environment.allow_vars = ['HOME']", "", &changes);
    assert_true(widens(&changes, "no longer: passes no variable that is not named"));
    diff(arena, "", "environment.allow_vars = ['HOME']", &changes);
    assert_false(widens(&changes, "now: passes no variable that is not named"));
    diff(arena, "", "audit.level = 'none'", &changes);
    assert_true(widens(&changes, "now: asks for no audit record of its runs"));
}

static void a_wide_path_is_grave_however_it_is_written(void **state)
{
    (void)state;
    static const char *const wide[] = {
        "/",       "//",      "/./",       "/*",      "/**",       "/etc/",  "/etc/.",
        "//etc",   "/etc/**", "/etc/*/**", "/home/*", "$HOME//",   "~/.",    "~/./",
        "${HOME}", "~/*",     "~/**/*",    "~/.*",    "${HOME}/.", "/h*e/u", "/usr/**/*",
    };
    static const char *const narrow[] = { "/etc/x",      "~/x",    "/usr/share/*", "$HOMES",
                                          "~x",          "/etcx",  "~/*/x",        "$HOME/.a",
                                          "${WORKDIR}/", "/opt/x", "/var/lib/**/x" };
    for (size_t i = 0; i < COUNT(wide) + COUNT(narrow); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const bool is_wide = i < COUNT(wide);
        struct permission_path path = { .path = is_wide ? wide[i] : narrow[i - COUNT(wide)] };
        struct permissions permissions = { .schema_version = 1, .write = { &path, 1 } };
        struct list lines;
        permissions_words(&permissions, arena, &lines);
        const struct permission_line *line = line_of(&lines, "may write to");
        if (!line || line->risk != (is_wide ? PERMISSION_GRAVE : PERMISSION_NOTABLE))
            fail_msg("%s: risk %d", path.path, line ? line->risk : -1);
    }
}

static void a_condition_of_writing_is_none_of_reading(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list lines;
    said(arena, PROFILE_JSON,
         "{\"filesystem\":{\"read\":[\"~/a\",\"~/b\"],\"write\":[{\"path\":\"~/a\","
         "\"when\":\"windows\"},\"~/b\"]}}",
         &lines);
    assert_non_null(line_of(&lines, "may read ~/a"));
    assert_non_null(line_of(&lines, "may write to ~/a (windows)"));
    assert_non_null(line_of(&lines, "may read and change ~/b"));
    assert_null(line_of(&lines, "may read ~/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_without_the_base_of_all_says_so),
        cmocka_unit_test(protections_that_are_named_one_by_one_hold),
        cmocka_unit_test(what_held_before_and_does_not_now_is_wider),
        cmocka_unit_test(a_wide_path_is_grave_however_it_is_written),
        cmocka_unit_test(a_condition_of_writing_is_none_of_reading),
    };
    return cmocka_run_group_tests_name("lib/profile/words", tests, NULL, NULL);
}
