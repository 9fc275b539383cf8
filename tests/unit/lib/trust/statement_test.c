#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/trust/statement.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

#define TYPE   "\"_type\":\"https://in-toto.io/Statement/v1\""
#define FILE_A "{\"name\":\"a\",\"digest\":{\"sha256\":\"" A "\"}}"
#define PACK_C "{\"name\":\"acme/web@1.0.0\",\"digest\":{\"sha256\":\"" C "\"}}"
#define KIND   "\"predicateType\":\"https://nono.sh/attestation/pack/v1\""
#define ARCHIVE                                                             \
    "\"archive\":{\"mediaType\":\"application/vnd.nono.pack.v1.tar+zstd\"," \
    "\"digest\":{\"sha256\":\"" C "\"}}"
#define TAR  "\"tar\":{\"digest\":{\"sha256\":\"" D "\"}}"
#define PACK "\"namespace\":\"acme\",\"name\":\"web\",\"version\":\"1.0.0\""
#define GOOD                                                                                  \
    "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND ",\"predicate\":{" PACK "," ARCHIVE \
    "," TAR "}}"

static void print_is_the_format_and_parse_its_inverse(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct subject file = { "a", A };
    struct statement statement = { .predicate_type = TRUST_PACK_PREDICATE,
                                   .files = { &file, 1 },
                                   .namespace = "acme",
                                   .name = "web",
                                   .version = "1.0.0",
                                   .archive_sha256 = C,
                                   .tar_sha256 = D };
    const char *text = statement_print(&statement, arena);
    assert_string_equal(text, GOOD);
    struct statement again;
    assert_ok(statement_parse(text, strlen(text), arena, &again, &err));
    assert_int_equal(again.files.count, 1);
    assert_string_equal(LIST_AT(again.files, struct subject, 0)->name, "a");
    assert_string_equal(again.archive_sha256, C);
    assert_string_equal(again.tar_sha256, D);
}

static void parse_refuses_what_is_not_whole(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"subject\":[" FILE_A "]," KIND "}",
        "{" TYPE ",\"subject\":[]," KIND "}",
        "{" TYPE "," KIND "}",
        "{" TYPE ",\"subject\":[" FILE_A "]}",
        "{" TYPE ",\"subject\":[" FILE_A "],\"predicateType\":\"https://slsa.dev/provenance/v1\"}",
        /* a digest that is none; none at all; doubled names */
        "{" TYPE ",\"subject\":[{\"name\":\"a\",\"digest\":{\"sha256\":\"AA\"}}]," KIND "}",
        "{" TYPE ",\"subject\":[{\"name\":\"a\",\"digest\":{\"sha512\":\"" A "\"}}]," KIND "}",
        "{" TYPE ",\"subject\":[" FILE_A "," FILE_A "," PACK_C "]," KIND ",\"predicate\":{" PACK
        "," ARCHIVE "," TAR "}}",
        /* no predicate; without the tar; with more than it may have */
        "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND "}",
        "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND ",\"predicate\":null}",
        "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND ",\"predicate\":{" PACK "," ARCHIVE
        "}}",
        "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND ",\"predicate\":{" PACK "," ARCHIVE
        "," TAR ",\"more\":1}}",
        "{" TYPE ",\"subject\":[" FILE_A "," PACK_C "]," KIND ",\"predicate\":{" PACK "," ARCHIVE
        ",\"tar\":{\"digest\":{\"sha256\":\"DD\"}}}}",
        /* subject and predicate at odds */
        "{" TYPE ",\"subject\":[" FILE_A "]," KIND ",\"predicate\":{" PACK "," ARCHIVE "," TAR "}}",
        "{" TYPE ",\"subject\":[{\"name\":\"acme/web@1.0.0\",\"digest\":{\"sha256\":\"" A
        "\"}}]," KIND ",\"predicate\":{" PACK "," ARCHIVE "," TAR "}}",
        "{" TYPE ",\"subject\":[" PACK_C "]," KIND ",\"predicate\":{" PACK
        ",\"archive\":{\"mediaType\":\"application/zip\",\"digest\":{\"sha256\":\"" C "\"}}," TAR
        "}}",
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct statement statement;
    assert_ok(statement_parse(GOOD, strlen(GOOD), arena, &statement, &err));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(statement_parse(bad[i], strlen(bad[i]), arena, &statement, &err), UNTRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_is_the_format_and_parse_its_inverse),
        cmocka_unit_test(parse_refuses_what_is_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
