/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/support/publishing.h"

static struct house house;

static int open_all(void **state)
{
    (void)world_open(state);
    house = house_new();
    return 0;
}

static int close_all(void **state)
{
    house_clear(&house);
    return world_close(state);
}

static bool publish(struct publish_request request, const struct principal *who, struct error *err)
{
    struct publish_result result;
    struct actor actor = world_actor(who);
    return version_publish(&world.registry, &request, &actor, world.arena, &result, err);
}

static struct publish_request request_of(struct sample *sample, const char *name,
                                         const char *version)
{
    const char *const ref[3] = { house.name, name, version };
    sample_pack(sample);
    return (struct publish_request){ .namespace = house.name,
                                     .name = name,
                                     .version = version,
                                     .bundle = sample_sign(sample, ref, house.key),
                                     .archive = sample->archive };
}

static void the_same_bytes_again_change_nothing(void **state)
{
    (void)state;
    struct sample sample = sample_new("same", "1.0.0");
    struct publish_result first, again;
    sample_pack(&sample);
    assert_ok(sample_publish(&house, &sample, "same", "1.0.0", &first, &err));
    assert_ok(sample_publish(&house, &sample, "same", "1.0.0", &again, &err));
    assert_true(first.created && !again.created);
    assert_string_equal(first.id, again.id);
    assert_string_equal(first.digest, again.digest);
    assert_int_equal(first.notes.count, 0);

    sample.files[1] = sample_file("README.md", "# Other\n");
    sample_pack(&sample);
    assert_fails(sample_publish(&house, &sample, "same", "1.0.0", &again, &err), CONFLICT);
}

static const char *blob_path_of(const char *digest)
{
    return arena_printf(world.arena, "%s/blobs/sha256/%.2s/%s", world.folder, digest, digest);
}

static bool blob_is_sound(const char *digest)
{
    struct error ignored;
    return blob_verify(world.registry.blobs, digest, &ignored);
}

static void blob_lose(const char *digest)
{
    assert_int_equal(unlink(blob_path_of(digest)), 0);
}

static void blob_rot(const char *digest)
{
    assert_int_equal(chmod(blob_path_of(digest), 0600), 0);
    CLEANUP(closep) int fd = open(blob_path_of(digest), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "\xff", 1, 3), 1);
    assert_false(blob_is_sound(digest));
}

/* Archive, file and bundle, each with a byte changed and each gone. */
static void the_same_bytes_again_put_back_what_the_disk_lost(void **state)
{
    (void)state;
    struct sample sample = sample_new("rotten", "1.0.0"), other = sample_new("rotten", "1.0.0");
    struct publish_request request = request_of(&sample, "rotten", "1.0.0");
    struct publish_result result;
    char bundle[SHA256_TEXT];
    const char *archive = sample.index.sha256,
               *manifest = pack_index_find(&sample.index, "package.json")->sha256;
    assert_ok(publish(request, house.owner, &err));
    sha256_hex(request.bundle.data, request.bundle.len, bundle);

    const char *const digests[] = { archive, manifest, bundle };
    other.files[1] = sample_file("README.md", "# Other\n");
    sample_pack(&other);
    for (size_t i = 0; i < 2 * COUNT(digests); i++) {
        const char *digest = digests[i / 2];
        (i % 2 ? blob_lose : blob_rot)(digest);
        assert_fails(sample_publish(&house, &other, "rotten", "1.0.0", &result, &err), CONFLICT);
        assert_false(blob_is_sound(digest));
        assert_ok(sample_publish(&house, &sample, "rotten", "1.0.0", &result, &err));
        assert_true(!result.created && result.mended);
        assert_true(blob_is_sound(digest));
        assert_ok(sample_publish(&house, &sample, "rotten", "1.0.0", &result, &err));
        assert_true(!result.created && !result.mended);
    }
}

/* Another version that has the same file is not published with the bytes that the disk made. */
static void a_file_of_two_versions_is_put_back_with_either(void **state)
{
    (void)state;
    struct publish_result result = sample_there(&house, "shared", "1.0.0");
    char readme[SHA256_TEXT];
    assert_false(result.mended);
    sha256_hex("# Sample\n", 9, readme);
    assert_int_equal(chmod(blob_path_of(readme), 0600), 0);
    assert_int_equal(truncate(blob_path_of(readme), 3), 0);
    assert_true(sample_there(&house, "shared", "1.0.1").mended);
    assert_true(blob_is_sound(readme));
}

static void build_metadata_makes_no_other_version(void **state)
{
    (void)state;
    (void)sample_there(&house, "meta", "1.0.0+a");
    struct sample sample = sample_new("meta", "1.0.0+b");
    struct publish_result result;
    sample_pack(&sample);
    assert_fails(sample_publish(&house, &sample, "meta", "1.0.0+b", &result, &err), CONFLICT);
}

static void loose_files_become_the_one_archive(void **state)
{
    (void)state;
    struct sample sample = sample_new("loose", "1.0.0");
    struct publish_request request = request_of(&sample, "loose", "1.0.0");
    struct publish_result result;
    struct actor actor = world_actor(house.owner);
    request.archive = (struct pack_bytes){ 0 };
    request.files = sample.files;
    request.file_count = sample.count;
    assert_ok(version_publish(&world.registry, &request, &actor, world.arena, &result, &err));
    assert_string_equal(result.digest + strlen("sha256:"), sample.index.sha256);

    request.file_count = 1;
    request.version = "1.0.1";
    assert_fails(publish(request, house.owner, &err), INVALID);
}

static void authority_is_asked_before_anything_is_read(void **state)
{
    (void)state;
    struct sample sample = sample_new("mine", "1.0.0");
    struct publish_request request = request_of(&sample, "mine", "1.0.0");
    request.archive = (struct pack_bytes){ "nonsense", 8 };
    assert_fails(publish(request, world_person(false), &err), DENIED);
    request.namespace = "nowhere";
    assert_fails(publish(request, house.owner, &err), NOT_FOUND);
    request.namespace = house.name;
    assert_fails(publish(request, house.owner, &err), INVALID);
    assert_fails(publish(request, world_person(true), &err), INVALID); /* an administrator may */
}

static void what_the_request_says_is_what_the_manifest_says(void **state)
{
    (void)state;
    struct sample sample = sample_new("named", "1.0.0");
    struct publish_request good = request_of(&sample, "named", "1.0.0"), bad = good;
    struct error failure;
    static const char *const names[] = { "other", "..", "" };
    for (size_t i = 0; i < COUNT(names); i++) {
        bad.name = names[i];
        assert_false(publish(bad, house.owner, &failure));
        assert_int_equal(failure.kind, ERROR_INVALID);
        assert_true(*failure.field);
    }
    bad = good;
    static const char *const versions[] = { "1.0.1", "v1.0.0", "1.0", "latest", "" };
    for (size_t i = 0; i < COUNT(versions); i++) {
        bad.version = versions[i];
        assert_fails(publish(bad, house.owner, &err), INVALID);
    }
    bad = good;
    bad.visibility = "secret";
    assert_fails(publish(bad, house.owner, &err), INVALID);

    /* the same for loose files, whose manifest is read later */
    bad = good;
    bad.archive = (struct pack_bytes){ 0 };
    bad.files = sample.files;
    bad.file_count = sample.count;
    bad.version = "1.0.1";
    assert_fails(publish(bad, house.owner, &err), INVALID);
    bad.version = "1.0.0";
    bad.name = "other";
    assert_fails(publish(bad, house.owner, &err), INVALID);
    assert_ok(publish(good, house.owner, &err));
}

static void a_signature_is_about_this_pack(void **state)
{
    (void)state;
    struct sample sample = sample_new("signed", "1.0.0");
    struct publish_request request = request_of(&sample, "signed", "1.0.0");
    const char *const refs[][3] = { { "elsewhere", "signed", "1.0.0" },
                                    { house.name, "other", "1.0.0" },
                                    { house.name, "signed", "1.0.1" } };
    for (size_t i = 0; i < COUNT(refs); i++) {
        request.bundle = sample_sign(&sample, refs[i], house.key);
        assert_fails(publish(request, house.owner, &err), UNTRUSTED);
    }
    const char *const ref[3] = { house.name, "signed", "1.0.0" };
    CLEANUP(private_key_freep) struct private_key *other = NULL;
    assert_ok(private_key_generate(KEY_ECDSA_P256, &other, &err));
    request.bundle = sample_sign(&sample, ref, other);
    struct error failure;
    assert_false(publish(request, house.owner, &failure));
    assert_int_equal(failure.kind, ERROR_UNTRUSTED);
    assert_non_null(strstr(failure.hint, "register the key"));
    request.bundle = (struct pack_bytes){ "{}", 2 };
    assert_fails(publish(request, house.owner, &err), UNTRUSTED);
}

static void a_revoked_key_signs_no_more(void **state)
{
    (void)state;
    struct house old = house_new();
    struct actor actor = world_actor(old.owner);
    (void)sample_there(&old, "aged", "1.0.0");
    assert_ok(key_revoke(&world.registry, old.name, old.key_id, &actor, &err));
    struct sample sample = sample_new("aged", "1.0.1");
    struct publish_result result;
    struct error failure;
    sample_pack(&sample);
    assert_false(sample_publish(&old, &sample, "aged", "1.0.1", &result, &failure));
    assert_int_equal(failure.kind, ERROR_UNTRUSTED);
    assert_non_null(strstr(failure.message, "revoked"));
    house_clear(&old);
}

static void limits_can_be_lowered(void **state)
{
    (void)state;
    struct sample sample = sample_new("big", "1.0.0");
    struct publish_request request = request_of(&sample, "big", "1.0.0");
    world.settings.entries_max = 2;
    assert_fails(publish(request, house.owner, &err), TOO_LARGE);
    world.settings.entries_max = 0;
    world.settings.unpacked_bytes_max = 10;
    assert_fails(publish(request, house.owner, &err), TOO_LARGE);
    world.settings.unpacked_bytes_max = 0;
    world.settings.archive_bytes_max = 10;
    assert_fails(publish(request, house.owner, &err), TOO_LARGE);
    world.settings.archive_bytes_max = 0;
    assert_ok(publish(request, house.owner, &err));
}

static void a_profile_that_does_not_hold_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{",
        "{\"extends\":\"nobody-has-this\"}",
        "{\"no_such_key\":1}",
        "{\"filesystem\":{\"read\":5}}",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sample sample = sample_new("profiled", "1.0.0");
        sample.files[3] = sample_file("policy.json", bad[i]);
        struct publish_request request = request_of(&sample, "profiled", "1.0.0");
        assert_fails(publish(request, house.owner, &err), INVALID);
    }
}

static void names_that_look_alike_are_one(void **state)
{
    (void)state;
    (void)sample_there(&house, "look-alike", "1.0.0");
    struct sample sample = sample_new("Look_Alike", "1.0.0");
    struct publish_request request = request_of(&sample, "Look_Alike", "1.0.0");
    assert_fails(publish(request, house.owner, &err), CONFLICT);

    struct sample next = sample_new("look-alike", "1.0.1");
    request = request_of(&next, "look-alike", "1.0.1");
    request.visibility = "private"; /* it is public: nothing changes unasked */
    assert_fails(publish(request, house.owner, &err), CONFLICT);
    request.visibility = "public";
    assert_ok(publish(request, house.owner, &err));
}

/* Two at once: while the first is in its transaction, the second comes to the same place on a
 * connection of its own, and finds the first when that is done. */
struct rival {
    struct publish_request request;
    struct publish_result result;
    struct arena *arena;
    pthread_t thread;
    bool starts, ok;
};
static struct rival rival;

static void *rival_main(void *context)
{
    CLEANUP(db_closep) struct db *db = NULL;
    struct registry registry = world.registry;
    struct actor actor = world_actor(house.owner);
    struct error fault;
    (void)context;
    rival.ok = db_open(cluster_url(world.cluster), &db, &fault);
    registry.db = db;
    rival.ok = rival.ok && version_publish(&registry, &rival.request, &actor, rival.arena,
                                           &rival.result, &fault);
    return NULL;
}

bool __real_blob_batch_commit(struct blob_batch *batch, struct error *err);
bool __wrap_blob_batch_commit(struct blob_batch *batch, struct error *err);
bool __wrap_blob_batch_commit(struct blob_batch *batch, struct error *err)
{
    if (rival.starts) {
        rival.starts = false;
        assert_int_equal(pthread_create(&rival.thread, NULL, rival_main, NULL), 0);
    }
    return __real_blob_batch_commit(batch, err);
}

static void two_at_once_make_one_version(void **state)
{
    (void)state;
    struct sample sample = sample_new("raced", "1.0.0");
    struct publish_result first;
    rival = (struct rival){ .request = request_of(&sample, "raced", "1.0.0"),
                            .arena = arena_new(),
                            .starts = true };
    assert_ok(sample_publish(&house, &sample, "raced", "1.0.0", &first, &err));
    assert_int_equal(pthread_join(rival.thread, NULL), 0);
    assert_true(rival.ok && first.created && !rival.result.created);
    assert_string_equal(rival.result.id, first.id);
    arena_free(rival.arena);
}

/* Its bundle is written otherwise, and would be another blob: no row of it is left without bytes.
 */
static void a_publish_that_is_there_leaves_no_row_of_a_blob(void **state)
{
    (void)state;
    struct sample sample = sample_new("signed-again", "1.0.0");
    struct publish_request first = request_of(&sample, "signed-again", "1.0.0");
    struct publish_request again = first;
    char digest[SHA256_TEXT], before[SHA256_TEXT];
    const char *next;
    again.bundle.data = arena_printf(world.arena, "%s\n", (const char *)first.bundle.data);
    again.bundle.len++;
    assert_ok(publish(first, house.owner, &err));
    assert_ok(publish(again, house.owner, &err));
    sha256_hex(again.bundle.data, again.bundle.len, digest);
    (void)snprintf(before, sizeof(before), "%.63s", digest);
    assert_ok(db_fetch_json(world.registry.db, QUERY(fsck_blob_next, db_text(before)), world.arena,
                            &next, NULL, &err));
    assert_true(!next || strcmp(next, digest) != 0);
    assert_false(blob_is_sound(digest));
    sha256_hex(first.bundle.data, first.bundle.len, digest); /* as it would be found */
    (void)snprintf(before, sizeof(before), "%.63s", digest);
    assert_ok(db_fetch_json(world.registry.db, QUERY(fsck_blob_next, db_text(before)), world.arena,
                            &next, NULL, &err));
    assert_string_equal(next, digest);
}

#define LARGE ((size_t)300 * 1024)

static void a_long_or_odd_readme_is_not_shown(void **state)
{
    (void)state;
    static const char *const versions[] = { "1.0.0", "1.0.1" };
    char *large = arena_alloc(world.arena, LARGE + 1, 1);
    memset(large, 'x', LARGE);
    const char *const texts[] = { large, "\xff\xfe" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sample sample = sample_new("readme", versions[i]);
        struct publish_result result;
        const char *shown;
        sample.files[1] = sample_file("README.md", texts[i]);
        sample_pack(&sample);
        assert_ok(sample_publish(&house, &sample, "readme", versions[i], &result, &err));
        assert_ok(db_fetch_json(world.registry.db, QUERY(version_readme, db_text(result.id)),
                                world.arena, &shown, NULL, &err));
        assert_null(shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_again_change_nothing),
        cmocka_unit_test(the_same_bytes_again_put_back_what_the_disk_lost),
        cmocka_unit_test(a_file_of_two_versions_is_put_back_with_either),
        cmocka_unit_test(build_metadata_makes_no_other_version),
        cmocka_unit_test(loose_files_become_the_one_archive),
        cmocka_unit_test(authority_is_asked_before_anything_is_read),
        cmocka_unit_test(what_the_request_says_is_what_the_manifest_says),
        cmocka_unit_test(a_signature_is_about_this_pack),
        cmocka_unit_test(a_revoked_key_signs_no_more),
        cmocka_unit_test(limits_can_be_lowered),
        cmocka_unit_test(a_profile_that_does_not_hold_is_refused),
        cmocka_unit_test(names_that_look_alike_are_one),
        cmocka_unit_test(two_at_once_make_one_version),
        cmocka_unit_test(a_publish_that_is_there_leaves_no_row_of_a_blob),
        cmocka_unit_test(a_long_or_odd_readme_is_not_shown),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
