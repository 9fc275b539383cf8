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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(tables_are_written_as_people_write_them),
    };
    return cmocka_run_group_tests_name("client/install/yaml_text", tests, NULL, NULL);
}
