#include "tests/support/test.h"

#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "sandbox/audit/redact.h"

#define GONE REDACTED

static void text_loses_what_looks_like_a_secret(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "--token=abc def", "--token=" GONE },
        { "--github-token=abc", "--github-token=" GONE },
        { "--API-KEY=abc", "--API-KEY=" GONE },
        { "sh -c 'x --password hunter2 -v'", "sh -c 'x --password " GONE " -v'" },
        { "x --secret \"a b\" y", "x --secret " GONE " y" },
        { "Authorization: Bearer abc", "Authorization: " GONE },
        { "curl -H 'X-Api-Key: abc' http://h/", "curl -H 'X-Api-Key: " GONE "' http://h/" },
        { "cookie:a=b; c=d\nHost: h", "cookie:" GONE "\nHost: h" },
        { "https://h/p?token=abc&x=1#f", "https://h/p?token=" GONE "&x=1#f" },
        { "https://h/cb?code=abc&state=def", "https://h/cb?code=" GONE "&state=" GONE },
        { "https://u:pw@h/p", "https://u:" GONE "@h/p" },
        { "https://tok@h/p", "https://" GONE "@h/p" },
        { "git clone https://a:b:c@h x", "git clone https://a:" GONE "@h x" },
        { "ANTHROPIC_API_KEY=abc def", "ANTHROPIC_API_KEY=" GONE },
        { "env GH_TOKEN='a b' make", "env GH_TOKEN=" GONE " make" },
        { "AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=" GONE },
        { "password=abc&user=u", "password=" GONE "&user=u" },
        { "say ghp_0123456789abcdefghij0123 now", "say " GONE " now" },
        { "AKIAABCDEFGHIJKLMNOP", GONE },
        { "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nx", GONE "\nx" },
        { "-----BEGIN PRIVATE KEY-----\nabc", GONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(redact_text(cases[i].text, arena), cases[i].expected);
    }
}

static void text_keeps_what_does_not(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "claude",
        "refactor the auth module",
        "--max-tokens=100",
        "--token",
        "--token-file=/x",
        "token",
        "state=open",
        "code=1",
        "https://h:8080/p?q=a@b",
        "a@b",
        "MONKEY=1",
        "KEYBOARD=us",
        "sk-short",
        "-----BEGIN CERTIFICATE-----\nabc",
        "\xff\xfe=",
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_ptr_equal(redact_text(cases[i], arena), cases[i]);
}

static const char *joined(const struct doc *list, struct arena *arena)
{
    const char *text = "";
    DOC_FOREACH (list, item)
        text = arena_printf(arena, "%s|%s", text, item->text);
    return text;
}

static void command_loses_the_values_of_flags(void **state)
{
    (void)state;
    static const char *const command[] = { "x",  "--token", "abc", "-u", "me:pw", "-u",
                                           "me", "--auth",  "y",   "z",  NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut = 1;
    assert_string_equal(joined(redact_command(command, arena, &cut), arena),
                        "|x|--token|" GONE "|-u|me:" GONE "|-u|me|--auth|" GONE "|z");
    assert_int_equal(cut, 0);
}

static void command_is_bounded_and_utf8(void **state)
{
    (void)state;
    static char word[2 * LIMIT_AUDIT_WORD_BYTES];
    memset(word, 'x', sizeof(word) - 1);
    word[LIMIT_AUDIT_WORD_BYTES - 1] = '\xc3'; /* a letter across the limit */
    word[LIMIT_AUDIT_WORD_BYTES] = '\xa4';
    const char *command[21] = { "a\xff" };
    for (size_t i = 1; i < 20; i++)
        command[i] = word;

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut = 0;
    struct doc *list = redact_command(command, arena, &cut);
    assert_string_equal(list->first->text, "a\\xff");
    assert_int_equal(list->count + cut, 20);
    assert_int_equal(list->count, 8);
    DOC_FOREACH (list, item)
        assert_true(text_is_utf8(item->text, item->len));
    assert_true(text_ends(list->last->text, "x[CUT]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_loses_what_looks_like_a_secret),
        cmocka_unit_test(text_keeps_what_does_not),
        cmocka_unit_test(command_loses_the_values_of_flags),
        cmocka_unit_test(command_is_bounded_and_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
