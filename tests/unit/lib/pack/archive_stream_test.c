#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "lib/pack/archive.h"

#define PACKAGE                                                                    \
    "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\"artifacts\":[" \
    "{\"type\":\"plugin\",\"path\":\"bin/run\"},"                                  \
    "{\"type\":\"plugin\",\"path\":\"big/b\"},"                                    \
    "{\"type\":\"plugin\",\"path\":\"empty\"}]}"
#define BIG (300 * KIB)

struct fixture {
    struct arena *arena;
    struct pack_bytes bytes;
    struct pack_index index;
    struct archive_source source;
    char path[64];
    int dir;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .arena = arena_new(), .dir = -1 };
    char *big = arena_alloc(fixture.arena, BIG, 1);
    for (unsigned i = 0, seed = 1; i < BIG; i++, seed = seed * 1664525U + 1013904223U)
        big[i] = (char)(seed >> 24);
    const struct pack_file files[] = {
        { .path = "package.json", .bytes = PACKAGE, .size = strlen(PACKAGE) },
        { .path = "bin/run", .bytes = "#!/bin/sh\n", .size = 10, .executable = true },
        { .path = "big/b", .bytes = big, .size = BIG },
        { .path = "empty", .bytes = "" },
    };
    assert_ok(archive_from_files(files, COUNT(files), NULL, fixture.arena, &fixture.bytes,
                                 &fixture.index, &err));
    fixture.source =
        (struct archive_source){ .bytes = fixture.bytes.data, .len = fixture.bytes.len };
    (void)snprintf(fixture.path, sizeof(fixture.path), "/tmp/nono-stream-XXXXXX");
    assert_non_null(mkdtemp(fixture.path));
    assert_ok(dir_open(fixture.path, &fixture.dir, &err));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    int tmp = -1;
    (void)close(fixture->dir);
    bool ok = dir_open("/tmp", &tmp, &err) && tree_remove(tmp, fixture->path + 5, &err);
    (void)close(tmp);
    arena_free(fixture->arena);
    return ok ? 0 : -1;
}

struct seen {
    char order[128];
    uint64_t bytes;
    unsigned stop_at; /* files to begin before refusing; 0: never */
};

static bool seen_begin(void *context, const struct pack_file *file, struct error *err)
{
    struct seen *seen = context;
    size_t used = strlen(seen->order);
    (void)snprintf(seen->order + used, sizeof(seen->order) - used, "%s ", file->path);
    if (seen->stop_at && --seen->stop_at == 0)
        return error_set(err, CONFLICT, "enough");
    return true;
}

static bool seen_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    struct seen *seen = context;
    (void)bytes, (void)err;
    seen->bytes += len;
    return true;
}

static void sink_gets_every_file_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = { 0 };
    struct archive_sink sink = { &seen, seen_begin, seen_bytes, NULL };
    assert_ok(archive_stream(&fixture->source, &fixture->index, &sink, &err));
    assert_string_equal(seen.order, "big/b bin/run empty package.json ");
    assert_true(seen.bytes == fixture->index.unpacked_bytes);
}

static void sink_may_stop(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = { .stop_at = 2 };
    struct archive_sink sink = { &seen, seen_begin, NULL, NULL };
    assert_fails(archive_stream(&fixture->source, &fixture->index, &sink, &err), CONFLICT);
    assert_string_equal(seen.order, "big/b bin/run ");
}

static void extraction_is_exact(void **state)
{
    struct fixture *fixture = *state;
    struct stat st;
    const char *text;
    size_t len;
    mode_t mask = umask(0077);
    assert_ok(archive_extract(&fixture->source, &fixture->index, fixture->dir, "out", &err));
    (void)umask(mask);
    assert_int_equal(fstatat(fixture->dir, "out/bin/run", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(fstatat(fixture->dir, "out/empty", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(st.st_size, 0);
    assert_ok(file_read_beneath(fixture->dir, "out/package.json", 9999, fixture->arena, &text, &len,
                                &err));
    assert_string_equal(text, PACKAGE);
    assert_int_equal(fstatat(fixture->dir, "out/big/b", &st, 0), 0);
    assert_int_equal(st.st_size, BIG);
}

static void what_is_there_already_stays(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdirat(fixture->dir, "out", 0755), 0);
    assert_fails(archive_extract(&fixture->source, &fixture->index, fixture->dir, "out", &err),
                 CONFLICT);
    assert_int_equal(faccessat(fixture->dir, "out", F_OK, 0), 0);
}

/* The bytes changed between the two readings: nothing is left of what was unpacked. */
static void other_bytes_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct pack_file files[] = {
        { .path = "package.json", .bytes = PACKAGE, .size = strlen(PACKAGE) },
        { .path = "bin/run", .bytes = "#!/bin/ba\n", .size = 10, .executable = true },
        { .path = "big/b", .bytes = PACKAGE, .size = 20 },
        { .path = "empty", .bytes = "" },
    };
    struct pack_bytes other;
    struct pack_index index;
    assert_ok(archive_from_files(files, COUNT(files), NULL, fixture->arena, &other, &index, &err));
    struct archive_source source = { .bytes = other.data, .len = other.len };
    struct error err;
    assert_false(archive_extract(&source, &fixture->index, fixture->dir, "out", &err));
    assert_int_not_equal(faccessat(fixture->dir, "out", F_OK, 0), 0);
    assert_false(archive_extract(&fixture->source, &index, fixture->dir, "out", &err));
    assert_int_not_equal(faccessat(fixture->dir, "out", F_OK, 0), 0);
    source.len--;
    assert_false(archive_extract(&source, &index, fixture->dir, "out", &err));
    assert_int_not_equal(faccessat(fixture->dir, "out", F_OK, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(sink_gets_every_file_in_order), TEST(sink_may_stop),
        TEST(extraction_is_exact),           TEST(what_is_there_already_stays),
        TEST(other_bytes_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
