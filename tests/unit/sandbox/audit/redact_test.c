#include "tests/support/test.h"

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
        { "say nono_0123456789abcdefghijABCDEFGHIJ012345abcdef now", "say " GONE " now" },
        { "nono_session_of_a_run", "nono_session_of_a_run" },
        { "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nx", GONE "\nx" },
        { "-----BEGIN PRIVATE KEY-----\nabc", GONE },
        { "env GH_TOKEN=a\\ b make", "env GH_TOKEN=" GONE " make" },
        { "\"GH_TOKEN=\\\"a b\\\" make\"", "\"GH_TOKEN=" GONE " make\"" },
        { "PGPASSWORD=abc def", "PGPASSWORD=" GONE },
        { "AUTHTOKEN=abc", "AUTHTOKEN=" GONE },
        { "MYSECRET=abc", "MYSECRET=" GONE },
        { "MYSQL_PWD=abc", "MYSQL_PWD=" GONE },
        { "-var=db_password=a&b", "-var=db_password=" GONE "&b" },
        { "accessToken=a b", "accessToken=" GONE },
        { "password=a b", "password=" GONE },
        { "-Ddb.pass-token=abc", "-Ddb.pass-token=" GONE },
        { "-HAuthorization: Bearer abc", "-HAuthorization: " GONE },
        { "Cookie: a=\"b\"; c=d", "Cookie: " GONE },
        { "-uuser:abc", "-uuser:" GONE },
        { "--user=me:abc def", "--user=me:" GONE " def" },
        { "curl -u me:abc x", "curl -u me:" GONE " x" },
        { "curl -u 'me:a b' x", "curl -u 'me:" GONE "' x" },
        { "curl -ume.x@h:abc x", "curl -ume.x@h:" GONE " x" },
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
        "BYPASS=1",
        "PWD=/x",
        "MAX_TOKENS=100",
        "PASSWORD_FILE=/x",
        "TOKENIZER=fast",
        "-HAccept: text/html",
        "-u me",
        "-uhttps://h/p",
        "sort -u a b:c",
        "KEYBOARD=us",
        "sk-short",
        "-----BEGIN CERTIFICATE-----\nabc",
        "\xff\xfe=",
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_ptr_equal(redact_text(cases[i], arena), cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_loses_what_looks_like_a_secret),
        cmocka_unit_test(text_keeps_what_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
