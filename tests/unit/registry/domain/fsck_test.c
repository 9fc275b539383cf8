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
    tampering_shows("version",

                    "UPDATE version SET tar_digest = reverse(tar_digest)",
                    "UPDATE version SET tar_digest = reverse(tar_digest)", "tar");
    tampering_shows("package", "UPDATE package SET latest_version_id = NULL",
                    "SELECT package_refresh(id) FROM package", "latest version");
    tampering_shows("blob", "UPDATE blob SET size_bytes = size_bytes + 1",
                    "UPDATE blob SET size_bytes = size_bytes - 1", "bytes instead of");
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
        cmocka_unit_test(orphans_are_listed_and_no_fault),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
