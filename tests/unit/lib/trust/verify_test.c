#include "tests/support/test.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/record.h"
#include "lib/crypto/sign.h"
#include "lib/trust/bundle.h"
#include "lib/trust/verify.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static struct subject files[] = { { "package.json", A }, { "bin/run.sh", B } };

static struct trust_subject web(void)
{
    return (struct trust_subject){ .namespace = "acme",
                                   .name = "web",
                                   .version = "1.0.0",
                                   .archive_sha256 = C,
                                   .tar_sha256 = D,
                                   .files = { files, 2 } };
}

struct fixture {
    struct arena *arena;
    struct private_key *key;
    struct public_key *public;
    struct trusted_key trusted;
    struct trust_subject subject;
    struct trust_request request;
};

static void sign(struct fixture *fixture)
{
    const char *bundle;
    assert_ok(trust_sign(&fixture->subject, fixture->key, fixture->arena, &bundle, &err));
    fixture->request.bundle = bundle;
    fixture->request.bundle_len = strlen(bundle);
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .arena = arena_new(), .subject = web() };
    assert_ok(private_key_generate(KEY_ECDSA_P256, &fixture.key, &err));
    fixture.public = private_key_public(fixture.key);
    fixture.trusted = (struct trusted_key){ .key = fixture.public };
    fixture.request = (struct trust_request){
        .keys = &fixture.trusted, .key_count = 1, .subject = &fixture.subject, .at_us = 1000
    };
    sign(&fixture);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    public_key_free(fixture->public);
    private_key_free(fixture->key);
    arena_free(fixture->arena);
    return 0;
}

/* Signs any payload under any type, as only the holder of the key can. */
static void sign_payload(struct fixture *fixture, const char *type, const char *payload)
{
    size_t len, signature_len;
    const void *message = bundle_signed_bytes(type, payload, strlen(payload), fixture->arena, &len);
    unsigned char *signature = arena_alloc(fixture->arena, SIGNATURE_MAX, 1);
    assert_ok(signature_make(fixture->key, message, len, signature, &signature_len, &err));
    struct bundle bundle = { .hint = "",
                             .payload_type = type,
                             .payload = payload,
                             .payload_len = strlen(payload),
                             .signature = signature,
                             .signature_len = signature_len };
    fixture->request.bundle = bundle_print(&bundle, fixture->arena);
    fixture->request.bundle_len = strlen(fixture->request.bundle);
}

static void refused(struct fixture *fixture, const char *reason)
{
    struct error err = { 0 };
    struct verdict verdict;
    if (trust_verify(&fixture->request, fixture->arena, &verdict, &err))
        fail_msg("verified, in spite of: %s", reason);
    assert_int_equal(err.kind, ERROR_UNTRUSTED);
    if (!strstr(err.message, reason))
        fail_msg("\"%s\" does not say \"%s\"", err.message, reason);
}

static void what_was_signed_verifies_and_says_what_is_bound(void **state)
{
    struct fixture *fixture = *state;
    struct verdict verdict;
    fixture->request.require_binding = true;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
    assert_true(verdict.binds_identity && verdict.binds_archive);
    assert_string_equal(verdict.key_id, public_key_id(fixture->public));
    assert_string_equal(verdict.predicate_type, TRUST_PACK_PREDICATE);
    assert_int_equal(verdict.notes.count, 0);
}

static void order_of_files_is_of_no_matter(void **state)
{
    struct fixture *fixture = *state;
    struct subject turned[] = { files[1], files[0] };
    struct verdict verdict;
    fixture->subject.files.items = turned;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
}

static void each_thing_that_is_bound_is_compared(void **state)
{
    struct fixture *fixture = *state;
    struct subject changed[] = { { "package.json", A }, { "bin/run.sh", C }, { "more", A } };
    struct subject renamed[] = { { "package.json", B }, { "bin/run.sh", A } };
    struct {
        struct trust_subject subject;
        const char *reason;
    } cases[] = {
        { web(), "it is signed as acme/web@1.0.0, not evil/web@1.0.0" },
        { web(), "it is signed as acme/web@1.0.0, not acme/other@1.0.0" },
        { web(), "it is signed as acme/web@1.0.0, not acme/web@7.7.7" },
        { web(), "the archive is not the one" },
        { web(), "the archive's tar is not the one" },
        { web(), "bin/run.sh is not what was signed" },
        { web(), "bin/run.sh is signed, but not there" },
        { web(), "more is there, but not signed" },
        { web(), "bin/run.sh is not what was signed" },
    };
    cases[0].subject.namespace = "evil";
    cases[1].subject.name = "other";
    cases[2].subject.version = "7.7.7";
    cases[3].subject.archive_sha256 = A;
    cases[4].subject.tar_sha256 = A;
    cases[5].subject.files = (struct list){ changed, 2 };
    cases[6].subject.files.count = 1;
    struct subject more[] = { files[0], files[1], changed[2] };
    cases[7].subject.files = (struct list){ more, 3 };
    cases[8].subject.files = (struct list){ renamed, 2 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        fixture->request.subject = &cases[i].subject;
        refused(fixture, cases[i].reason);
    }
}

static void only_a_trusted_key_that_was_good_then_counts(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(private_key_freep) struct private_key *stranger = NULL;
    assert_ok(private_key_generate(KEY_ED25519, &stranger, &err));
    CLEANUP(public_key_freep) struct public_key *other = private_key_public(stranger);
    struct trusted_key keys[] = { { .key = other }, fixture->trusted };
    struct verdict verdict;
    fixture->request.keys = keys;
    refused(fixture, "none of the trusted keys has signed it; it names the key ");
    fixture->request.key_count = 0;
    refused(fixture, "no key is trusted");
    fixture->request.key_count = 2;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
    keys[1].from_us = 1000;
    keys[1].until_us = 1000;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
    fixture->request.at_us = 999;
    refused(fixture, "which was not good then");
    fixture->request.at_us = 1001;
    refused(fixture, "which was not good then");
}

static void ed25519_signs_as_well(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    assert_ok(private_key_generate(KEY_ED25519, &key, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    const char *bundle;
    struct trusted_key trusted = { .key = public };
    struct verdict verdict;
    assert_ok(trust_sign(&fixture->subject, key, fixture->arena, &bundle, &err));
    fixture->request.bundle = bundle;
    fixture->request.bundle_len = strlen(bundle);
    fixture->request.keys = &trusted;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
}

static void archive_may_be_gone_once_it_is_installed(void **state)
{
    struct fixture *fixture = *state;
    struct verdict verdict;
    fixture->subject.archive_sha256 = fixture->subject.tar_sha256 = NULL;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
    assert_true(verdict.binds_identity);
    assert_false(verdict.binds_archive);
    assert_int_equal(verdict.notes.count, 1);
}

#define MULTI_FILE                                                                   \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":["                   \
    "{\"name\":\"bin/run.sh\",\"digest\":{\"sha256\":\"" B "\"}},"                   \
    "{\"name\":\"package.json\",\"digest\":{\"sha256\":\"" A "\"}}],"                \
    "\"predicateType\":\"https://nono.sh/attestation/multi-file/v1\",\"predicate\":" \
    "{\"version\":1,\"signer\":{\"kind\":\"keyed\",\"key_id\":\"default\"}}}"

static void the_originals_statement_is_taken_with_a_note(void **state)
{
    struct fixture *fixture = *state;
    struct verdict verdict;
    sign_payload(fixture, TRUST_PAYLOAD_TYPE, MULTI_FILE);
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
    assert_false(verdict.binds_identity || verdict.binds_archive);
    assert_int_equal(verdict.notes.count, 1);
    assert_non_null(strstr(*LIST_AT(verdict.notes, const char *, 0), "files alone"));
    fixture->request.require_binding = true;
    refused(fixture, "but not the pack's name and version");
}

static void a_true_signature_over_something_else_is_refused(void **state)
{
    struct fixture *fixture = *state;
    sign_payload(fixture, "application/json", MULTI_FILE);
    refused(fixture, "payload of the type application/json");
    sign_payload(fixture, TRUST_PAYLOAD_TYPE, "{}");
    refused(fixture, "statement");
    sign_payload(fixture, TRUST_PAYLOAD_TYPE, "not json");
    refused(fixture, "statement");
}

static void every_changed_byte_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    size_t len = fixture->request.bundle_len;
    char *text = arena_strndup(fixture->arena, fixture->request.bundle, len);
    const char *payload = strstr(text, "\"payload\":\"") + 11;
    const char *sig = strstr(text, "\"sig\":\"") + 7;
    fixture->request.bundle = text;
    for (size_t i = 0; i < 60; i++) {
        char *at = text + (i % 2 ? sig - text : payload - text) + i;
        char before = *at;
        *at = before == 'A' ? 'B' : 'A';
        struct error err;
        struct verdict verdict;
        assert_false(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
        *at = before;
    }
    struct verdict verdict;
    assert_ok(trust_verify(&fixture->request, fixture->arena, &verdict, &err));
}

static void a_file_named_as_the_pack_cannot_be_signed(void **state)
{
    struct fixture *fixture = *state;
    struct subject odd[] = { { "acme/web@1.0.0", A } };
    const char *bundle;
    fixture->subject.files = (struct list){ odd, 1 };
    assert_fails(trust_sign(&fixture->subject, fixture->key, fixture->arena, &bundle, &err),
                 UNTRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_was_signed_verifies_and_says_what_is_bound),
        TEST(order_of_files_is_of_no_matter),
        TEST(each_thing_that_is_bound_is_compared),
        TEST(only_a_trusted_key_that_was_good_then_counts),
        TEST(ed25519_signs_as_well),
        TEST(archive_may_be_gone_once_it_is_installed),
        TEST(the_originals_statement_is_taken_with_a_note),
        TEST(a_true_signature_over_something_else_is_refused),
        TEST(every_changed_byte_is_noticed),
        TEST(a_file_named_as_the_pack_cannot_be_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
