/* USES registry/db registry/blob registry/auth lib/base lib/pack lib/trust lib/crypto */
#include <fcntl.h>
#include <unistd.h>

#include "registry/domain/fsck.h"
#include "tests/support/publishing.h"

static struct house house;
static struct fsck_report report;
static char told[4096];

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

static void note(void *context, const struct fsck_finding *finding)
{
    (void)context;
    size_t used = strlen(told);
    (void)snprintf(told + used, sizeof(told) - used, "%d %s: %s\n", finding->severity,
                   finding->subject, finding->text);
}

static uint64_t check(void)
{
    told[0] = '\0';
    assert_ok(fsck_run(&world.registry, note, NULL, &report, &err));
    return report.faults;
}

static const char *blob_path(const char *digest)
{
    return arena_printf(world.arena, "%s/blobs/sha256/%.2s/%s", world.folder, digest, digest);
}

/* Runs one change of the rows and its opposite, and expects a fault in between. */
static void tampering_shows(const char *table, const char *change, const char *back,
                            const char *expected)
{
    world_tamper(table, change);
    assert_true(check() > 0);
    if (!strstr(told, expected))
        fail_msg("expected \"%s\" in: %s", expected, told);
    world_tamper(table, back);
    if (check() != 0)
        fail_msg("%s", told);
}

static void a_sound_registry_has_no_faults(void **state)
{
    (void)state;
    assert_int_equal(check(), 0);
    (void)sample_there(&house, "sound", "1.0.0");
    (void)sample_there(&house, "sound", "1.1.0");
    assert_int_equal(check(), 0);
    assert_int_equal(report.versions, 2);
    assert_int_equal(report.orphans, 0);
    assert_true(report.blobs >= 6 && report.audit_events >= 4);
}

static void changed_rows_show(void **state)
{
    (void)state;
    (void)sample_there(&house, "rows", "1.0.0");
    tampering_shows("file", "UPDATE file SET mode = 420 WHERE path = 'bin/run.sh'",
                    "UPDATE file SET mode = 493 WHERE path = 'bin/run.sh'", "bin/run.sh");
    tampering_shows("file",
                    "CREATE TABLE kept AS SELECT * FROM file WHERE path = 'README.md'; "
                    "DELETE FROM file WHERE path = 'README.md'",
                    "INSERT INTO file SELECT * FROM kept; DROP TABLE kept", "files");
    tampering_shows(
        "version", "UPDATE version SET manifest = manifest || '{\"name\": \"else\"}'",
        "UPDATE version v SET manifest = manifest || jsonb_build_object('name', p.name) "
        "FROM package p WHERE p.id = v.package_id",
        "manifest");
    tampering_shows("version", "UPDATE version SET tar_digest = reverse(tar_digest)",
                    "UPDATE version SET tar_digest = reverse(tar_digest)", "tar");
    tampering_shows("package",
                    "CREATE TABLE kept AS SELECT id, latest_version_id FROM package; "
                    "UPDATE package SET latest_version_id = NULL",
                    "UPDATE package p SET latest_version_id = k.latest_version_id "
                    "FROM kept k WHERE k.id = p.id; DROP TABLE kept",
                    "latest version");
    tampering_shows("blob", "UPDATE blob SET size_bytes = size_bytes + 1",
                    "UPDATE blob SET size_bytes = size_bytes - 1", "bytes instead of");
}

/* What a page shows, and what a client is given, is what was signed. */
static void rows_that_the_archive_does_not_bear_out_show(void **state)
{
    (void)state;
    (void)sample_there(&house, "borne", "1.0.0");
    static const struct {
        const char *column, *wrong, *expected;
    } cases[] = {
        { "sort_key", "'zz'", "ordered as another" },
        { "prerelease", "NOT prerelease", "ordered as another" },
        { "permissions", "'{}'", "its permissions" },
        { "readme", "'other'", "its README" },
        { "readme", "NULL", "its README" },
        { "statement", "'files'", "does not bind" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tampering_shows(
            "version",
            arena_printf(world.arena,
                         "CREATE TABLE kept AS SELECT id, %s AS old FROM version; "
                         "UPDATE version SET %s = %s WHERE manifest ->> 'name' = 'borne'",
                         cases[i].column, cases[i].column, cases[i].wrong),
            arena_printf(world.arena,
                         "UPDATE version v SET %s = k.old FROM kept k WHERE k.id = v.id; "
                         "DROP TABLE kept",
                         cases[i].column),
            cases[i].expected);
    }
    tampering_shows("provided_profile", "UPDATE provided_profile SET name = name || '!'",
                    "UPDATE provided_profile SET name = rtrim(name, '!')", "other names");
}

static void the_bundle_of_another_version_shows(void **state)
{
    (void)state;
    (void)sample_there(&house, "swap", "1.0.0");
    (void)sample_there(&house, "swap", "1.0.1");
    static const char swap[] =
        "UPDATE version v SET bundle_digest = w.bundle_digest FROM version w "
        "WHERE v.package_id = w.package_id AND v.id <> w.id AND v.manifest ->> 'name' = 'swap'";
    tampering_shows("version", swap, swap, "bundle: ");
}

static void another_key_shows_and_a_revoked_one_has_signed_all_the_same(void **state)
{
    (void)state;
    (void)sample_there(&house, "signed", "1.0.0");
    CLEANUP(private_key_freep) struct private_key *other = NULL;
    assert_ok(private_key_generate(KEY_ED25519, &other, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(other);
    struct actor actor = world_actor(house.owner);
    struct key_request key = { house.name, "other", public_key_pem(public, world.arena) };
    const char *document;
    assert_ok(key_add(&world.registry, &key, &actor, world.arena, &document, &err));
    static const char set[] = "UPDATE version SET signer_key_id = '%s' "
                              "WHERE manifest ->> 'name' = 'signed'";
    char to_other[200], back[200];
    (void)snprintf(to_other, sizeof(to_other), set, public_key_id(public));
    (void)snprintf(back, sizeof(back), set, house.key_id);
    tampering_shows("version", to_other, back, "signed by another key");
    assert_ok(key_revoke(&world.registry, house.name, house.key_id, &actor, &err));
    assert_int_equal(check(), 0);
}

static void a_changed_history_shows(void **state)
{
    (void)state;
    tampering_shows("audit_event", "UPDATE audit_event SET actor = 'x' || actor WHERE number = 2",
                    "UPDATE audit_event SET actor = substr(actor, 2) WHERE number = 2",
                    "event 2 does not follow");
    tampering_shows("audit_event",
                    "CREATE TABLE kept AS SELECT * FROM audit_event WHERE number = 3; "
                    "DELETE FROM audit_event WHERE number = 3",
                    "INSERT INTO audit_event SELECT * FROM kept; DROP TABLE kept",
                    "event 4 does not follow");
}

static void lost_and_changed_blobs_show(void **state)
{
    (void)state;
    struct publish_result result = sample_there(&house, "blobs", "1.0.0");
    const char *path = blob_path(result.digest + strlen("sha256:"));
    const char *aside = arena_printf(world.arena, "%s/aside", world.folder);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(check(), 2); /* for the version, and for the blob */
    assert_int_equal(report.damaged, 1);
    assert_non_null(
        strstr(told, arena_printf(world.arena, "; it is of %s/blobs@1.0.0\n", house.name)));
    assert_int_equal(rename(aside, path), 0);
    assert_int_equal(check(), 0);

    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, 30), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 30), 1);
    assert_true(check() >= 2);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 30), 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(check(), 0);
    assert_int_equal(report.damaged, 0);
}

/* A file of several versions names them all: one of them has to be published again. */
static void a_damaged_file_names_its_versions(void **state)
{
    (void)state;
    char digest[SHA256_TEXT];
    (void)sample_there(&house, "named", "1.0.0");
    (void)sample_there(&house, "named", "1.0.1");
    sha256_hex("# Sample\n", 9, digest);
    assert_int_equal(chmod(blob_path(digest), 0600), 0);
    assert_int_equal(truncate(blob_path(digest), 3), 0);
    assert_int_equal(check(), 1);
    assert_non_null(strstr(told, "has 3 bytes instead of 9; it is of "));
    assert_non_null(strstr(
        told, arena_printf(world.arena, "%s/named@1.0.0, %s/named@1.0.1", house.name, house.name)));
    (void)sample_there(&house, "named", "1.0.0");
    assert_int_equal(check(), 0);
}

static void orphans_are_listed_and_no_fault(void **state)
{
    (void)state;
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    char digest[SHA256_TEXT];
    bool wanted = true;
    assert_ok(blob_batch_open(world.registry.blobs, &batch, &err));
    assert_ok(blob_batch_add(batch, "nobody's", 8, digest, &err));
    assert_ok(blob_batch_commit(batch, &err));
    assert_int_equal(check(), 0);
    assert_int_equal(report.orphans, 1);
    assert_non_null(strstr(told, digest));
    assert_ok(fsck_blob_wanted(&world.registry, digest, &wanted, &err));
    assert_false(wanted);
    struct publish_result result = sample_there(&house, "wanted", "1.0.0");
    assert_ok(fsck_blob_wanted(&world.registry, result.digest + strlen("sha256:"), &wanted, &err));
    assert_true(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_registry_has_no_faults),
        cmocka_unit_test(changed_rows_show),
        cmocka_unit_test(a_changed_history_shows),
        cmocka_unit_test(lost_and_changed_blobs_show),
        cmocka_unit_test(a_damaged_file_names_its_versions),
        cmocka_unit_test(orphans_are_listed_and_no_fault),
        cmocka_unit_test(rows_that_the_archive_does_not_bear_out_show),
        cmocka_unit_test(the_bundle_of_another_version_shows),
        cmocka_unit_test(another_key_shows_and_a_revoked_one_has_signed_all_the_same), /* last */
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
