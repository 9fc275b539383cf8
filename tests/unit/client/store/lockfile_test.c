#include "tests/support/test.h"

#include <string.h>

#include "client/store/lockfile.h"
#include "lib/json/json.h"

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* As the original's client writes it, with two keys that neither of us knows. */
static const char original[] =
    "{\n  \"lockfile_version\": 4,\n  \"registry\": \"https://registry.example\",\n"
    "  \"future\": [1, 2],\n  \"packages\": {\n    \"acme/web\": {\n"
    "      \"version\": \"1.2.0\",\n      \"installed_at\": \"2026-05-01T10:00:00.123456789+02:00\",\n"
    "      \"pinned\": true,\n      \"odd\": {\"a\": null},\n"
    "      \"provenance\": {\"signer_identity\": \"https://github.com/acme/web/.github/workflows/"
    "p.yml@refs/tags/v1\", \"repository\": \"acme/web\", \"workflow\": \"p.yml\", \"ref\": \"r\", "
    "\"rekor_log_index\": 7, \"signed_at\": \"2026-05-01T08:00:00Z\"},\n"
    "      \"artifacts\": {\"bin/a.sh\": {\"sha256\": \"" DIGEST "\", \"type\": \"plugin\"}},\n"
    "      \"wiring_record\": [{\"type\": \"symlink\", \"link\": \"/home/a/.claude/x\"}]\n"
    "    }\n  }\n}\n";

static bool parse(const char *text, struct arena *arena, struct lockfile *out, struct error *err)
{
    return lockfile_parse(text, strlen(text), arena, out, err);
}

static void parse_reads_what_the_original_wrote(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lockfile lock;
    assert_ok(parse(original, arena, &lock, &err));
    const struct lock_pack *pack = lockfile_find(&lock, "acme", "web");
    assert_non_null(pack);
    assert_string_equal(pack->version, "1.2.0");
    assert_true(pack->pinned && pack->installed_at > 0);
    assert_string_equal(pack->provenance->git_ref, "r");
    assert_string_equal(lock_artifact_find(pack, "bin/a.sh")->type, "plugin");
    assert_null(lockfile_find(&lock, "acme", "other"));
}

static void print_keeps_unknown_keys_and_other_packs(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lockfile lock, again;
    assert_ok(parse(original, arena, &lock, &err));
    struct lock_artifact artifact = { "package.txt", DIGEST, "plugin" };
    const struct lock_pack added = { .key = "aaa/b",
                                     .namespace = "aaa",
                                     .name = "b",
                                     .version = "0.1.0",
                                     .artifacts = { &artifact, 1 },
                                     .archive_digest = "sha256:" DIGEST };
    const char *text = lockfile_print(&lock, &(struct lock_change){ .changed = &added }, arena);
    assert_ok(parse(text, arena, &again, &err));
    assert_int_equal(again.packs.count, 2);
    const struct lock_pack *first = LIST_AT(again.packs, struct lock_pack, 0);
    assert_string_equal(first->key, "aaa/b");
    assert_non_null(doc_find(again.doc, "future"));
    const struct lock_pack *kept = lockfile_find(&again, "acme", "web");
    assert_true(doc_equal(kept->entry, lockfile_find(&lock, "acme", "web")->entry));

    struct lock_pack changed = *kept;
    changed.pinned = false;
    text = lockfile_print(&again, &(struct lock_change){ .changed = &changed }, arena);
    assert_ok(parse(text, arena, &again, &err));
    kept = lockfile_find(&again, "acme", "web");
    assert_false(kept->pinned);
    assert_non_null(doc_find(kept->entry, "odd"));
    assert_int_equal(kept->provenance->rekor_log_index, 7);

    text = lockfile_print(&again, &(struct lock_change){ .removed = "acme/web" }, arena);
    assert_ok(parse(text, arena, &again, &err));
    assert_int_equal(again.packs.count, 1);
}

static void print_writes_all_that_the_original_requires_of_a_provenance(void **state)
{
    (void)state;
    static const char *const keys[] = { "signer_identity", "repository", "workflow", "ref",
                                        "signed_at" };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lockfile lock;
    assert_ok(parse("", arena, &lock, &err));
    const struct lock_provenance known = { .signer_identity = "key:0" };
    const struct lock_pack added = { .key = "acme/web",
                                     .namespace = "acme",
                                     .name = "web",
                                     .version = "1.0.0",
                                     .provenance = &known };
    const char *text = lockfile_print(&lock, &(struct lock_change){ .changed = &added }, arena);
    assert_ok(parse(text, arena, &lock, &err));
    const struct doc *provenance =
        doc_find(lockfile_find(&lock, "acme", "web")->entry, "provenance");
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_non_null(doc_text(provenance, keys[i]));
    const struct doc *index = doc_find(provenance, "rekor_log_index");
    assert_true(index && index->kind == DOC_INTEGER);
}

static void parse_refuses_what_is_no_digest_of_an_archive(void **state)
{
    (void)state;
    static const struct {
        const char *digest;
        bool good;
    } cases[] = { { "sha256:" DIGEST, true }, { "", false },        { "x", false },
                  { DIGEST, false },          { "sha256:", false }, { "sha512:" DIGEST, false } };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lockfile lock;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = arena_printf(
            arena,
            "{\"packages\":{\"acme/web\":{\"version\":\"1.0.0\",\"archive_digest\":\"%s\"}}}",
            cases[i].digest);
        if (cases[i].good)
            assert_ok(parse(text, arena, &lock, &err));
        else
            assert_fails(parse(text, arena, &lock, &err), INVALID);
    }
}

static void parse_of_nothing_is_an_empty_lock_file(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct lockfile lock;
    assert_ok(parse("", arena, &lock, &err));
    assert_int_equal(lock.packs.count, 0);
}

static void parse_refuses_what_could_leave_a_packs_folder(void **state)
{
    (void)state;
    static const char above[] = "{\"packages\":{\"a/b\":{\"version\":\"1\",\"artifacts\":{\"../c\":"
                                "{\"sha256\":\"" DIGEST "\"}}}}}";
    static const char absolute[] =
        "{\"packages\":{\"a/b\":{\"version\":\"1\",\"artifacts\":{\"/c\":"
        "{\"sha256\":\"" DIGEST "\"}}}}}";
    static const char *const bad[] = {
        "[]",
        "{\"lockfile_version\":5,\"packages\":{}}",
        "{\"packages\":[]}",
        "{\"packages\":{\"../x\":{\"version\":\"1\"}}}",
        "{\"packages\":{\"a/..\":{\"version\":\"1\"}}}",
        "{\"packages\":{\"a/.b\":{\"version\":\"1\"}}}",
        "{\"packages\":{\"a/b/c\":{\"version\":\"1\"}}}",
        "{\"packages\":{\"a\":{\"version\":\"1\"}}}",
        "{\"packages\":{\"a/b\":{}}}",
        "{\"packages\":{\"a/b\":{\"version\":\"1\",\"wiring_record\":{}}}}",
        above,
        absolute,
        "{\"packages\":{\"a/b\":{\"version\":\"1\",\"artifacts\":{\"c\":{\"sha256\":\"00\"}}}}}",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct lockfile lock;
        assert_fails(parse(bad[i], arena, &lock, &err), INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_what_the_original_wrote),
        cmocka_unit_test(print_keeps_unknown_keys_and_other_packs),
        cmocka_unit_test(print_writes_all_that_the_original_requires_of_a_provenance),
        cmocka_unit_test(parse_refuses_what_is_no_digest_of_an_archive),
        cmocka_unit_test(parse_of_nothing_is_an_empty_lock_file),
        cmocka_unit_test(parse_refuses_what_could_leave_a_packs_folder),
    };
    return cmocka_run_group_tests_name("client/store/lockfile", tests, NULL, NULL);
}
