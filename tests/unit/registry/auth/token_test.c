#include "tests/support/test.h"

#include <string.h>

#include "registry/auth/token.h"

static void a_token_is_known_by_its_form_and_checksum(void **state)
{
    (void)state;
    char text[TOKEN_TEXT], other[TOKEN_TEXT];
    token_make(text);
    token_make(other);
    assert_int_equal(strlen(text), TOKEN_TEXT - 1);
    assert_string_not_equal(text, other);
    assert_true(token_check(text));

    for (size_t i = 0; i < TOKEN_TEXT - 1; i++) { /* whatever is mistyped is noticed */
        char kept = text[i];
        text[i] = kept == 'x' ? 'y' : 'x';
        assert_false(token_check(text));
        text[i] = '-';
        assert_false(token_check(text));
        text[i] = kept;
    }
    assert_true(token_check(text));
    text[TOKEN_TEXT - 2] = '\0';
    assert_false(token_check(text));
    assert_false(token_check(""));
}

static void the_checksum_is_zlibs(void **state)
{
    (void)state;
    /* made with Python's zlib.crc32 and base 62 */
    assert_true(token_check("nono_0000000000000000000000000000000000002HyYJB"));
    assert_true(token_check("nono_AbCdEfGhIjKlMnOpQrStUvWxYz01234567891HGMVP"));
}

static void scopes_read_back_as_they_print(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (unsigned scopes = 1; scopes <= SCOPE_ALL; scopes++) {
        unsigned again = 0;
        assert_ok(scopes_parse(scopes_print(scopes, arena), &again, &err));
        assert_int_equal(again, scopes);
    }
    unsigned scopes = 99;
    assert_ok(scopes_parse("read read", &scopes, &err));
    assert_int_equal(scopes, SCOPE_READ);
    assert_fails(scopes_parse("read root", &scopes, &err), INVALID);
    assert_fails(scopes_parse("read  yank", &scopes, &err), INVALID);
    assert_int_equal(scope_find("org"), SCOPE_ORG);
    assert_int_equal(scope_find("nothing"), 0);
}

static void a_list_of_scopes_names_each_once(void **state)
{
    (void)state;
    unsigned scopes = 0;
    const char *good[] = { "yank", "read" }, *twice[] = { "read", "read" }, *wrong[] = { "" };
    assert_ok(scopes_of_list(&(struct list){ good, 2 }, &scopes, &err));
    assert_int_equal(scopes, SCOPE_YANK | SCOPE_READ);
    assert_fails(scopes_of_list(&(struct list){ twice, 2 }, &scopes, &err), INVALID);
    assert_fails(scopes_of_list(&(struct list){ wrong, 1 }, &scopes, &err), INVALID);
    assert_fails(scopes_of_list(&(struct list){ NULL, 0 }, &scopes, &err), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_known_by_its_form_and_checksum),
        cmocka_unit_test(the_checksum_is_zlibs),
        cmocka_unit_test(scopes_read_back_as_they_print),
        cmocka_unit_test(a_list_of_scopes_names_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
