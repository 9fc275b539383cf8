#include "tests/support/test.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/random.h"
#include "lib/base/record.h"

static void hex_round_trips(void **state)
{
    (void)state;
    char text[9];
    unsigned char bytes[4];
    hex_encode("\x00\xff\x10\xab", 4, text);
    assert_string_equal(text, "00ff10ab");
    assert_true(hex_decode(text, bytes, 4));
    assert_memory_equal(bytes, "\x00\xff\x10\xab", 4);
}

static void hex_refuses_other_spellings(void **state)
{
    (void)state;
    unsigned char bytes[2];
    static const char *const bad[] = { "", "00f", "00FF", "00ff0", "00fg", "0x001" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(hex_decode(bad[i], bytes, 2));
}

static void base64_follows_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *coded;
    } cases[] = { { "", "" },
                  { "f", "Zg==" },
                  { "fo", "Zm8=" },
                  { "foo", "Zm9v" },
                  { "foob", "Zm9vYg==" },
                  { "fooba", "Zm9vYmE=" },
                  { "foobar", "Zm9vYmFy" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[16];
        unsigned char back[16];
        size_t len;
        base64_encode(cases[i].plain, strlen(cases[i].plain), text);
        assert_string_equal(text, cases[i].coded);
        assert_true(base64_decode(text, strlen(text), back, &len));
        assert_int_equal(len, strlen(cases[i].plain));
        assert_memory_equal(back, cases[i].plain, len);
    }
    char url[8];
    base64url_encode("\xfb\xff", 2, url);
    assert_string_equal(url, "-_8");
}

static void base64_has_one_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = { "Zg=",  "Zg",     "Zh==", "Zm9=", "Z===",
                                       "====", "Zm9v\n", "Zm 9", "=m9v" };
    unsigned char back[16];
    size_t len;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (base64_decode(bad[i], strlen(bad[i]), back, &len))
            fail_msg("accepted %s", bad[i]);
}

static void random_differs_and_secrets_compare(void **state)
{
    (void)state;
    char a[65], b[65];
    random_hex(a, 64);
    random_hex(b, 64);
    assert_int_equal(strlen(a), 64);
    assert_string_not_equal(a, b);
    assert_true(secret_equal(a, a, 64));
    assert_false(secret_equal(a, b, 64));
    secret_wipe(a, sizeof(a));
    assert_int_equal(a[0], 0);
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_round_trips),
        cmocka_unit_test(hex_refuses_other_spellings),
        cmocka_unit_test(base64_follows_rfc_4648),
        cmocka_unit_test(base64_has_one_spelling),
        cmocka_unit_test(random_differs_and_secrets_compare),
    };
    return cmocka_run_group_tests_name("lib/base/encode", tests, NULL, NULL);
}
