#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/trust/bundle.h"

#define MEDIA "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define KEY   "\"publicKey\":{\"hint\":\"h\"}"
#define MATERIAL \
    "\"verificationMaterial\":{" KEY ",\"tlogEntries\":[],\"timestampVerificationData\":{}}"
#define PAYLOAD  "\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\""
#define ENVELOPE "\"dsseEnvelope\":{" PAYLOAD ",\"signatures\":[{\"sig\":\"c2ln\"}]}"
#define GOOD     "{" MEDIA "," MATERIAL "," ENVELOPE "}"

static bool parse(const char *text, struct arena *arena, struct bundle *out, struct error *err)
{
    return bundle_parse(text, strlen(text), arena, out, err);
}

static void print_is_the_format_and_parse_its_inverse(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct bundle bundle = { .hint = "h",
                             .payload_type = "application/vnd.in-toto+json",
                             .payload = "{}",
                             .payload_len = 2,
                             .signature = "sig",
                             .signature_len = 3 };
    assert_string_equal(bundle_print(&bundle, arena), GOOD);
    struct bundle again;
    assert_ok(parse(GOOD, arena, &again, &err));
    assert_string_equal(again.hint, "h");
    assert_int_equal(again.payload_len, 2);
    assert_memory_equal(again.payload, "{}", 2);
    assert_memory_equal(again.signature, "sig", 3);
}

static void the_forms_of_other_programs_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        /* cosign: no empty lists, no hint; older spellings; keys that are not known; nulls */
        "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{}}," ENVELOPE "}",
        "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.3\"," MATERIAL
        "," ENVELOPE "}",
        "{" MEDIA "," MATERIAL "," ENVELOPE ",\"extension\":1}",
        "{" MEDIA ",\"verificationMaterial\":{" KEY
        ",\"certificate\":null,\"tlogEntries\":null,\"timestampVerificationData\":null}," ENVELOPE
        ",\"messageSignature\":null}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2ln\",\"keyid\":\"h\"}]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2ln\",\"keyid\":\"\"}]}}",
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct bundle bundle;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_ok(parse(good[i], arena, &bundle, &err));
}

static void proofs_are_counted(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct bundle bundle;
    assert_ok(parse("{" MEDIA ",\"verificationMaterial\":{" KEY
                    ",\"tlogEntries\":[{},{}],\"timestampVerificationData\":"
                    "{\"rfc3161Timestamps\":[{}]}}," ENVELOPE "}",
                    arena, &bundle, &err));
    assert_int_equal(bundle.log_entries, 2);
    assert_int_equal(bundle.timestamps, 1);
}

static void parse_refuses_what_is_ambiguous_or_cut(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{" MEDIA "," MATERIAL "}",
        "{" MEDIA "," ENVELOPE "}",
        "{" MATERIAL "," ENVELOPE "}",
        "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=99\"," MATERIAL
        "," ENVELOPE "}",
        "{" MEDIA "," MEDIA "," MATERIAL "," ENVELOPE "}",
        "{" MEDIA ",\"verificationMaterial\":{}," ENVELOPE "}",
        "{" MEDIA ",\"verificationMaterial\":{" KEY ",\"certificate\":{}}," ENVELOPE "}",
        "{" MEDIA ",\"verificationMaterial\":{" KEY ",\"tlogEntries\":{}}," ENVELOPE "}",
        "{" MEDIA "," MATERIAL "," ENVELOPE ",\"messageSignature\":{}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD ",\"signatures\":[]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2ln\"},{\"sig\":\"c2ln\"}]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2ln\",\"keyid\":\"other\"}]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD ",\"signatures\":[{\"sig\":\"\"}]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2l\\n\"}]}}",
        "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" PAYLOAD
        ",\"signatures\":[{\"sig\":\"c2_n\"}]}}",
        GOOD "x",
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct bundle bundle;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(parse(bad[i], arena, &bundle, &err), UNTRUSTED);
}

static void what_is_not_held_yet_is_refused_by_name(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct bundle bundle;
    struct error err;
    assert_false(parse(
        "{" MEDIA ",\"verificationMaterial\":{\"certificate\":{\"rawBytes\":\"\"}}," ENVELOPE "}",
        arena, &bundle, &err));
    assert_int_equal(err.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "certificate"));
    assert_false(parse("{" MEDIA "," MATERIAL ",\"messageSignature\":{}}", arena, &bundle, &err));
    assert_int_equal(err.kind, ERROR_UNSUPPORTED);
}

/* The example of the DSSE specification. */
static void signed_bytes_are_those_of_dsse(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t len;
    const void *bytes =
        bundle_signed_bytes("http://example.com/HelloWorld", "hello world", 11, arena, &len);
    const char *wanted = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(bytes, wanted, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_is_the_format_and_parse_its_inverse),
        cmocka_unit_test(the_forms_of_other_programs_are_read),
        cmocka_unit_test(proofs_are_counted),
        cmocka_unit_test(parse_refuses_what_is_ambiguous_or_cut),
        cmocka_unit_test(what_is_not_held_yet_is_refused_by_name),
        cmocka_unit_test(signed_bytes_are_those_of_dsse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
