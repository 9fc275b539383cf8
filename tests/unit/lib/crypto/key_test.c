#include "tests/support/test.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/record.h"
#include "lib/crypto/key.h"
#include "lib/crypto/sign.h"

static const struct passphrase none = { 0 };
static const struct passphrase open_sesame = { "open sesame", 11 };

/* Made by other programs: the key of RFC 8410 section 10.3, its public key of section 10.1, and
 * P-256 by OpenSSL's command. */
#define RFC8410_PRIVATE                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
    "-----END PRIVATE KEY-----\n"
#define RFC8410_PUBLIC                                               \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
    "-----END PUBLIC KEY-----\n"

static struct private_key *read_private(const char *text, struct passphrase passphrase)
{
    struct private_key *key = NULL;
    assert_ok(private_key_read(text, strlen(text), passphrase, &key, &err));
    return key;
}

static void write_and_read(enum key_type type, bool sealed)
{
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    CLEANUP(private_key_freep) struct private_key *again = NULL;
    CLEANUP(buf_clearp) struct buf text;
    buf_init(&text, LIMIT_KEY_BYTES);
    assert_ok(private_key_generate(type, &key, &err));
    assert_ok(private_key_write(key, sealed ? open_sesame : none, &text, &err));
    assert_int_equal(private_key_is_encrypted(text.data, text.len), sealed);
    assert_ok(private_key_read(text.data, text.len, open_sesame, &again, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    CLEANUP(public_key_freep) struct public_key *other = private_key_public(again);
    assert_string_equal(public_key_id(public), public_key_id(other));
    assert_int_equal(public_key_type(public), type);
}

static void keys_of_both_kinds_survive_writing_and_reading(void **state)
{
    (void)state;
    for (int type = KEY_ECDSA_P256; type <= KEY_ED25519; type++) {
        write_and_read((enum key_type)type, false);
        write_and_read((enum key_type)type, true);
    }
}

static void passphrases_are_asked_for_and_held(void **state)
{
    (void)state;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    CLEANUP(private_key_freep) struct private_key *again = NULL;
    CLEANUP(buf_clearp) struct buf text;
    buf_init(&text, LIMIT_KEY_BYTES);
    assert_ok(private_key_generate(KEY_ECDSA_P256, &key, &err));
    assert_ok(private_key_write(key, open_sesame, &text, &err));
    assert_non_null(strstr(text.data, "BEGIN ENCRYPTED PRIVATE KEY"));
    const struct passphrase wrong = { "open sesamE", 11 };
    assert_fails(private_key_read(text.data, text.len, none, &again, &err), UNAUTHORIZED);
    assert_fails(private_key_read(text.data, text.len, wrong, &again, &err), DENIED);
    assert_null(again);
}

static void public_keys_are_read_in_every_form(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    assert_ok(private_key_generate(KEY_ECDSA_P256, &key, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    size_t len;
    const void *der = public_key_der(public, &len);
    char bare[256];
    base64_encode(der, len, bare);
    const char *pem = public_key_pem(public, arena);
    const struct {
        const void *bytes;
        size_t len;
    } forms[] = { { der, len }, { bare, strlen(bare) }, { pem, strlen(pem) } };
    for (size_t i = 0; i < COUNT(forms); i++) {
        CLEANUP(public_key_freep) struct public_key *again = NULL;
        assert_ok(public_key_read(forms[i].bytes, forms[i].len, &again, &err));
        assert_string_equal(public_key_id(again), public_key_id(public));
        assert_string_equal(public_key_pem(again, arena), pem);
    }
}

static void keys_of_the_rfc_belong_together(void **state)
{
    (void)state;
    CLEANUP(private_key_freep) struct private_key *key = read_private(RFC8410_PRIVATE, none);
    CLEANUP(public_key_freep) struct public_key *half = private_key_public(key);
    CLEANUP(public_key_freep) struct public_key *public = NULL;
    assert_ok(public_key_read(RFC8410_PUBLIC, strlen(RFC8410_PUBLIC), &public, &err));
    assert_string_equal(public_key_id(half), public_key_id(public));
    /* The original keeps its keys as bare base64. */
    CLEANUP(private_key_freep)
    struct private_key *bare =
        read_private(" MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n", none);
    assert_non_null(bare);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "-----BEGIN PRIVATE KEY-----\n",
        RFC8410_PUBLIC,
        RFC8410_PRIVATE RFC8410_PRIVATE,
        RFC8410_PRIVATE "x",
        "text before\n" RFC8410_PRIVATE,
        "-----BEGIN EC PRIVATE KEY-----\nMC4C\n-----END EC PRIVATE KEY-----\n",
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCAA==",
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9E",
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct private_key *key = NULL;
        assert_fails(private_key_read(bad[i], strlen(bad[i]), none, &key, &err), INVALID);
        assert_false(private_key_is_encrypted(bad[i], strlen(bad[i])));
    }
    static const char *const not_public[] = { "", "0", RFC8410_PRIVATE, RFC8410_PUBLIC "0",
                                              "AAAA" };
    for (size_t i = 0; i < COUNT(not_public); i++) {
        struct public_key *key = NULL;
        assert_fails(public_key_read(not_public[i], strlen(not_public[i]), &key, &err), INVALID);
    }
    static const char nul[] = "\0" RFC8410_PUBLIC; /* is no white space */
    struct public_key *public = NULL;
    assert_fails(public_key_read(nul, sizeof(nul) - 1, &public, &err), INVALID);
    CLEANUP(freep) char *big = xcalloc(LIMIT_KEY_BYTES + 1, 1);
    struct private_key *key = NULL;
    assert_fails(private_key_read(big, LIMIT_KEY_BYTES + 1, none, &key, &err), TOO_LARGE);
}

/* The short way of reading looks at a key as hard as the long one. */
static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    assert_ok(private_key_generate(KEY_ECDSA_P256, &key, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    size_t len;
    const unsigned char *der = public_key_der(public, &len);
    unsigned char copy[128];
    assert_true(len <= sizeof(copy));
    memcpy(copy, der, len);
    CLEANUP(public_key_freep) struct public_key *again = NULL;
    assert_ok(public_key_read(copy, len, &again, &err));
    assert_string_equal(public_key_id(again), public_key_id(public));
    assert_int_equal(public_key_type(again), KEY_ECDSA_P256);
    struct public_key *bad = NULL;
    copy[len - 1] ^= 1;
    assert_fails(public_key_read(copy, len, &bad, &err), INVALID);
    memset(copy + len - 64, 0xff, 64);
    assert_fails(public_key_read(copy, len, &bad, &err), INVALID);
}

static void keys_of_other_kinds_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const other[] = {
        /* P-384, X25519 */
        "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAErYTcMFaeokukMB7wT7qb1xCDhy+sDtyL\nXo4Q4nIJ6y6EJPhR53YY06fcVeWD3VMjx6RNHXhJl53uSGOS/77qbNYkOxcqpEMm\nS7WAbNvkx1Q2NheHrojYCK5HJpcPfiHM\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA5WuWCHYHGBveizGqsooarEFNzWLcr379TvRpiAhhxk0=\n-----END PUBLIC KEY-----\n",
    };
    for (size_t i = 0; i < COUNT(other); i++) {
        struct public_key *key = NULL;
        assert_fails(public_key_read(other[i], strlen(other[i]), &key, &err), UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_both_kinds_survive_writing_and_reading),
        cmocka_unit_test(passphrases_are_asked_for_and_held),
        cmocka_unit_test(public_keys_are_read_in_every_form),
        cmocka_unit_test(keys_of_the_rfc_belong_together),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(keys_of_other_kinds_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
