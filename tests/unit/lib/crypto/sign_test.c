#include "tests/support/test.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/record.h"
#include "lib/crypto/sign.h"

static void signature_is_of_its_key_and_message_alone(void **state)
{
    (void)state;
    for (int type = KEY_ECDSA_P256; type <= KEY_ED25519; type++) {
        CLEANUP(private_key_freep) struct private_key *key = NULL;
        CLEANUP(private_key_freep) struct private_key *stranger = NULL;
        assert_ok(private_key_generate((enum key_type)type, &key, &err));
        assert_ok(private_key_generate((enum key_type)type, &stranger, &err));
        CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
        CLEANUP(public_key_freep) struct public_key *other = private_key_public(stranger);
        unsigned char signature[SIGNATURE_MAX];
        size_t len;
        assert_ok(signature_make(key, "message", 7, signature, &len, &err));
        assert_true(signature_check(public, "message", 7, signature, len));
        assert_false(signature_check(public, "messagf", 7, signature, len));
        assert_false(signature_check(public, "message", 6, signature, len));
        assert_false(signature_check(other, "message", 7, signature, len));
        assert_false(signature_check(public, "message", 7, signature, len - 1));
        assert_false(signature_check(public, "message", 7, signature, 0));
        signature[len] = 0;
        assert_false(signature_check(public, "message", 7, signature, len + 1));
        signature[len - 1] ^= 1;
        assert_false(signature_check(public, "message", 7, signature, len));
    }
}

/* RFC 8032 section 7.1, TEST 2. */
static void ed25519_is_that_of_the_rfc(void **state)
{
    (void)state;
    static const char spki[] = "302a300506032b6570032100"
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    static const char wanted[] = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    unsigned char der[44], signature[64];
    assert_true(hex_decode(spki, der, sizeof(der)));
    assert_true(hex_decode(wanted, signature, sizeof(signature)));
    CLEANUP(public_key_freep) struct public_key *key = NULL;
    assert_ok(public_key_read(der, sizeof(der), &key, &err));
    assert_true(signature_check(key, "\x72", 1, signature, sizeof(signature)));
    assert_false(signature_check(key, "\x73", 1, signature, sizeof(signature)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_of_its_key_and_message_alone),
        cmocka_unit_test(ed25519_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
