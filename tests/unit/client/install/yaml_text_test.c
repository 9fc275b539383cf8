/* USES lib/json lib/yaml */
#include "tests/support/test.h"

#include <string.h>

#include "client/install/yaml_text.h"
#include "lib/json/json.h"
#include "lib/yaml/yaml.h"

static void what_is_printed_reads_back_the_same(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "{}",
        "[]",
        "null",
        "true",
        "-7",
        "1.5",
        "\"x\"",
        "{\"a\":1,\"b\":{\"c\":[1,\"two\",null,{\"d\":{}}]},\"e\":[[],[[1]]]}",
        "{\"yes\":\"no\",\"on\":\"1\",\"null\":\"~\",\"\":\"\",\"a b\":\"x: y\",\"#\":\"- z\"}",
        "{\"t\":\"line\\nline\\n\",\"u\":\"\\u00e9 \\\"q\\\" \\\\\",\"d\":\"2026-01-01\",\"n\":\"1e3\"}",
        "[{\"a\":1,\"b\":2},{\"c\":[{\"d\":\"e\"}]}]",
        "{\"a \\u2028b\":\"x \\u2029\",\"\\u0085\":\"\\ufeff\\ufffe\\u009f\\u007f\\u00e9\\ud83d\\ude00\"}",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *doc, *again;
        assert_ok(
            json_parse(documents[i], strlen(documents[i]), NULL, JSON_PLAIN, arena, &doc, &err));
        const char *text = yaml_text(doc, arena);
        assert_ok(yaml_parse(text, strlen(text), NULL, arena, &again, &err));
        if (!doc_equal(doc, again))
            fail_msg("%s became\n%s", documents[i], text);
    }
}

static void tables_are_written_as_people_write_them(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *json = "{\"web\":{\"version\":\"1.0\",\"on\":true,\"list\":[1,\"two\"]}}";
    struct doc *doc;
    assert_ok(json_parse(json, strlen(json), NULL, JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(yaml_text(doc, arena), "web:\n  version: \"1.0\"\n  \"on\": true\n  list:\n"
                                               "    - 1\n    - two\n");
}

/* Other readers take these for booleans, dates, octal and more: they stay theirs to read. */
static void what_was_written_without_quotes_stays_as_it_was(void **state)
{
    (void)state;
    static const char *const kept[] = {
        "telemetry: no\nsince: 2024-01-01\nmask: 0755\nlimit: 1_000\nname: 1e3\nat: 12:30\n",
        "version: 1.10\nhex: 0x1F\nempty:\nnothing: ~\non: Yes\n2024-01-01: y\n12: 0o17\n",
        "list:\n  - no\n  - +1\n  - .5\n  -\n  - ---\nfalse: off\nnull: a b-c, d\n",
    };
    static const char *const changed[][2] = {
        { "a: 'no'\nb: \"0755\"\n", "a: \"no\"\nb: \"0755\"\n" },
        { "a: one\n  two\n", "a: one two\n" },
        { "a: one\n\n  two\n", "a: \"one\\ntwo\"\n" },
        { "{---: [x, no]}", "\"---\":\n  - x\n  - no\n" },
    };
    for (size_t i = 0; i < COUNT(kept) + COUNT(changed); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *from = i < COUNT(kept) ? kept[i] : changed[i - COUNT(kept)][0];
        const char *to = i < COUNT(kept) ? kept[i] : changed[i - COUNT(kept)][1];
        struct doc *doc;
        assert_ok(yaml_parse(from, strlen(from), NULL, arena, &doc, &err));
        assert_string_equal(yaml_text(doc_copy(arena, doc), arena), to);
    }
}

static void reals_are_reals_in_yaml_1_1_too(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *json = "[1e20,1.5e-7,0.25]";
    struct doc *doc;
    assert_ok(json_parse(json, strlen(json), NULL, JSON_PLAIN, arena, &doc, &err));
    assert_string_equal(yaml_text(doc, arena), "- 1.0e+20\n- 1.5e-7\n- 0.25\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(tables_are_written_as_people_write_them),
        cmocka_unit_test(what_was_written_without_quotes_stays_as_it_was),
        cmocka_unit_test(reals_are_reals_in_yaml_1_1_too),
    };
    return cmocka_run_group_tests_name("client/install/yaml_text", tests, NULL, NULL);
}
