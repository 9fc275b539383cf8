/* Archives that no pack of ours would be, each refused with its own words and nothing written. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "lib/pack/archive.h"
#include "tests/support/tarball.h"

#define PACKAGE                                                                    \
    "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\"artifacts\":[" \
    "{\"type\":\"plugin\",\"path\":\"a\"}]}"

static bool read_bytes(const void *bytes, size_t len, const struct archive_expect *expect,
                       struct error *err)
{
    static const struct archive_expect anything;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct archive_source source = { .bytes = bytes, .len = len, .fd = -1 };
    struct pack_index index;
    return archive_read_index(&source, expect ? expect : &anything, arena, &index, err);
}

static bool read_tar(struct tarball *tar, const struct archive_expect *expect, struct error *err)
{
    size_t len;
    CLEANUP(freep) void *bytes = tarball_compress(tar, &len);
    return read_bytes(bytes, len, expect, err);
}

static void refused(const struct error *err, enum error_kind kind, const char *reason)
{
    assert_int_equal(err->kind, kind);
    if (!strstr(err->message, reason))
        fail_msg("\"%s\" does not say \"%s\"", err->message, reason);
}

static void refuses(struct tarball *tar, enum error_kind kind, const char *reason)
{
    struct error err = { 0 };
    if (read_tar(tar, NULL, &err))
        fail_msg("read, in spite of: %s", reason);
    refused(&err, kind, reason);
}

/* The twin of all below: the same bytes without the fault are an archive. */
static void plain_archive_is_read(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    assert_ok(read_tar(&tar, NULL, &err));
}

static void each_kind_of_entry_but_files_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct tar_header header;
        const char *reason;
    } cases[] = {
        { { .path = "a", .type = '2', .link = "/etc/passwd" }, "entry a: a pack has no symbolic" },
        { { .path = "a", .type = '1', .link = "package.json" }, "a pack has no hard links" },
        { { .path = "a", .type = '3' }, "a pack has no devices" },
        { { .path = "a", .type = '4' }, "a pack has no devices" },
        { { .path = "a", .type = '6' }, "a pack has no fifos" },
        { { .path = "a/", .type = '5' }, "a pack has no entries for folders" },
        { { .path = "a", .mode = 04755 }, "no setuid, setgid or sticky" },
        { { .path = "a", .mode = 02755 }, "no setuid, setgid or sticky" },
        { { .path = "a", .mode = 01755 }, "no setuid, setgid or sticky" },
        { { .path = "a", .mode = 0777 }, "the mode is 0777" },
        { { .path = "a", .mode = 0600 }, "the mode is 0600" },
        { { .path = "/a" }, "the path is absolute" },
        { { .path = "../a" }, "the path has a \"..\" segment" },
        { { .path = "a/../a" }, "the path has a \"..\" segment" },
        { { .path = "./a" }, "the path has a \".\" segment" },
        { { .path = "a//b" }, "the path has an empty segment" },
        { { .path = "a\\b" }, "the path has a backslash" },
        { { .path = "a\nb" }, "the path has a control character" },
        { { .path = "a\x1b[2J" }, "entry a\\x1b[2J: the path has a control character" },
        { { .path = "a", .user = "root" }, "not in the one form" },
        { { .path = "a", .mtime = 1 }, "not in the one form" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        tarball_entry(&tar, &cases[i].header, "", 0);
        tarball_file(&tar, "package.json", PACKAGE);
        tarball_end(&tar);
        refuses(&tar, ERROR_INVALID, cases[i].reason);
    }
}

static void names_that_are_one_elsewhere_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *reason;
    } cases[] = {
        { "a", "a", "the path is there twice" },
        { "A", "a", "the path differs from A only in upper and lower case" },
        { "b/X", "b/x", "only in upper and lower case" },
        { "B/x", "b/y", "only in upper and lower case" },
        { "stra\xc3\x9f"
          "e",
          "strasse", "only in upper and lower case" },
        { "e\xcc\x81", "\xc3\xa9", "only in the normal form of Unicode" },
        { "a", "a/b", "a is both a file and a folder" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        tarball_file(&tar, cases[i].first, "x");
        tarball_file(&tar, cases[i].second, "x");
        tarball_end(&tar);
        refuses(&tar, ERROR_INVALID, cases[i].reason);
    }
}

static void names_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char path[LIMIT_PACK_PATH_BYTES + 2];
    static const struct {
        size_t len, segment;
        const char *reason;
    } cases[] = {
        { LIMIT_PACK_PATH_BYTES + 1, 100, "the path has over 512 bytes" },
        { 300, 300, "a name of over 255 bytes" },
        { 2 * LIMIT_PACK_DEPTH + 1, 1, "the path has over 32 segments" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        for (size_t at = 0; at < cases[i].len; at++)
            path[at] = at % (cases[i].segment + 1) == cases[i].segment ? '/' : 'x';
        path[cases[i].len] = '\0';
        tarball_pax(&tar, "path", path);
        tarball_file(&tar, "x", "x");
        tarball_end(&tar);
        refuses(&tar, ERROR_INVALID, cases[i].reason);
    }
}

static void completeness_is_held(void **state)
{
    (void)state;
    static const struct {
        const char *paths[4], *package, *reason;
    } cases[] = {
        { { "a", NULL }, NULL, "the archive has no package.json" },
        { { NULL }, PACKAGE, "a is named by the manifest, but is not in the archive" },
        { { "a", "b", NULL }, PACKAGE, "b is in the archive, but the manifest does not name it" },
        { { ".nono-trust.bundle", "a", NULL }, PACKAGE, "the manifest does not name it" },
        { { "a", NULL }, "{\"schema_version\":1,\"name\":\"web\"}", "version: missing" },
        { { "a", NULL },
          "{\"schema_version\":1,\"name\":\"web\",\"version\":\"v1.0\"}",
          "\"v1.0\" is not a version" },
        { { "a", NULL }, "{\"name\":\"web\"}", "schema_version: missing" },
        { { "a", NULL }, "not json", "package.json" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        for (size_t j = 0; cases[i].paths[j]; j++)
            tarball_file(&tar, cases[i].paths[j], "x");
        if (cases[i].package)
            tarball_file(&tar, "package.json", cases[i].package);
        tarball_end(&tar);
        refuses(&tar, ERROR_INVALID, cases[i].reason);
    }
}

static void what_was_asked_for_must_be_what_came(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    const struct archive_expect right = { .name = "web", .version = "1.0.0" };
    const struct archive_expect name = { .name = "other" }, version = { .version = "1.0.1" };
    const struct archive_expect digest = { .sha256 = "00" };
    assert_ok(read_tar(&tar, &right, &err));
    struct error err = { 0 };
    assert_false(read_tar(&tar, &name, &err));
    refused(&err, ERROR_INVALID, "the name is web, not other");
    assert_false(read_tar(&tar, &version, &err));
    refused(&err, ERROR_INVALID, "the version is 1.0.0, not 1.0.1");
    assert_false(read_tar(&tar, &digest, &err));
    refused(&err, ERROR_UNTRUSTED, "the archive's digest is");
}

static void limits_are_held_whatever_is_told(void **state)
{
    (void)state;
    const struct pack_limits limits = { 3, 4096, 64 * KIB, 32 * KIB };
    const struct archive_expect expect = { .limits = &limits };
    static char zeros[48 * KIB];
    static const struct {
        size_t files, size;
        const char *reason;
    } cases[] = {
        { 4, 1, "the archive has over 3 files" },
        { 1, 48 * KIB, "over 32768 bytes" },
        { 3, 22 * KIB, "the archive's files have over 65536 bytes together" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        for (size_t j = 0; j < cases[i].files; j++) {
            char path[2] = { (char)('a' + (char)j), '\0' };
            tarball_entry(&tar, &(struct tar_header){ .path = path }, zeros, cases[i].size);
        }
        tarball_end(&tar);
        struct error err = { 0 };
        assert_false(read_tar(&tar, &expect, &err));
        refused(&err, ERROR_TOO_LARGE, cases[i].reason);
    }
}

static void bombs_are_left_before_they_unfold(void **state)
{
    (void)state;
    const struct pack_limits limits = { 3, 4096, 64 * KIB, 32 * KIB };
    const struct archive_expect expect = { .limits = &limits };
    struct error err = { 0 };
    /* One header, then nothing but zeros: a few bytes of zstd. */
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_end(&tar);
    for (int i = 0; i < 2000; i++)
        tarball_end(&tar);
    assert_false(read_tar(&tar, &expect, &err));
    refused(&err, ERROR_TOO_LARGE, "the archive unpacks to over");
    /* Too much of the compressed. */
    CLEANUP(freep) char *noise = xcalloc(64 * KIB, 1);
    CLEANUP(tarball_clear) struct tarball random = { 0 };
    for (unsigned i = 0, seed = 1; i < 64 * KIB; i++, seed = seed * 1664525U + 1013904223U)
        noise[i] = (char)(seed >> 24);
    tarball_entry(&random, &(struct tar_header){ .path = "a" }, noise, 30 * KIB);
    tarball_end(&random);
    assert_false(read_tar(&random, &expect, &err));
    refused(&err, ERROR_TOO_LARGE, "the archive has over 4096 bytes");
}

static void sizes_that_lie_are_no_way_in(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball longer = { 0 };
    tarball_entry(&longer, &(struct tar_header){ .path = "a", .told = 5000 }, "x", 1);
    tarball_file(&longer, "package.json", PACKAGE);
    tarball_end(&longer);
    refuses(&longer, ERROR_INVALID, "tar");
    CLEANUP(tarball_clear) struct tarball huge = { 0 };
    tarball_pax(&huge, "size", "99999999999999");
    tarball_file(&huge, "a", "x");
    tarball_end(&huge);
    refuses(&huge, ERROR_TOO_LARGE, "over");
}

static void order_and_form_are_held(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball order = { 0 };
    tarball_file(&order, "package.json", PACKAGE);
    tarball_file(&order, "a", "x");
    tarball_end(&order);
    refuses(&order, ERROR_INVALID, "not in the order of their paths");
    CLEANUP(tarball_clear) struct tarball comment = { 0 };
    tarball_pax(&comment, "comment", "hidden");
    tarball_file(&comment, "a", "x");
    tarball_file(&comment, "package.json", PACKAGE);
    tarball_end(&comment);
    refuses(&comment, ERROR_INVALID, "not in the one form");
    CLEANUP(tarball_clear) struct tarball trailing = { 0 };
    tarball_file(&trailing, "a", "x");
    tarball_file(&trailing, "package.json", PACKAGE);
    tarball_end(&trailing);
    tarball_file(&trailing, "b", "hidden");
    refuses(&trailing, ERROR_INVALID, "data behind its last file");
}

static void frame_is_one_and_whole(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    size_t len;
    CLEANUP(freep) char *bytes = tarball_compress(&tar, &len);
    CLEANUP(freep) char *twice = xcalloc(2, len);
    memcpy(twice, bytes, len);
    memcpy(twice + len, bytes, len);
    assert_ok(read_bytes(twice, len, NULL, &err));
    struct error err = { 0 };
    assert_false(read_bytes(twice, len + 1, NULL, &err));
    refused(&err, ERROR_INVALID, "data behind its compressed frame");
    assert_false(read_bytes(twice, 2 * len, NULL, &err));
    refused(&err, ERROR_INVALID, "data behind its compressed frame");
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(read_bytes(bytes, cut, NULL, &err));
        refused(&err, ERROR_INVALID, "the archive is cut short");
    }
    assert_false(read_bytes("not zstd", 8, NULL, &err));
    refused(&err, ERROR_INVALID, "not zstd");
}

/* libzstd reads its own former formats too, with memory that no limit of ours holds. */
static void former_formats_and_skipped_frames_are_refused(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    size_t len = tar.len, rest = len - 256;
    assert_in_range(len, 256, 65535);
    /* One frame of zstd 0.7: its size is told in two bytes, then one raw block, then the end. */
    const unsigned char head[] = { 0x27,
                                   0xb5,
                                   0x2f,
                                   0xfd,
                                   0x60,
                                   (unsigned char)rest,
                                   (unsigned char)(rest >> 8),
                                   0x40,
                                   (unsigned char)(len >> 8),
                                   (unsigned char)len };
    CLEANUP(tarball_clear) struct tarball former = { 0 };
    tarball_bytes(&former, head, sizeof(head));
    tarball_bytes(&former, tar.bytes, len);
    tarball_bytes(&former, "\xc0\0\0", 3);
    struct error err = { 0 };
    assert_false(read_bytes(former.bytes, former.len, NULL, &err));
    refused(&err, ERROR_INVALID, "another format");

    CLEANUP(freep) char *bytes = tarball_compress(&tar, &len);
    CLEANUP(tarball_clear) struct tarball skipped = { 0 };
    tarball_bytes(&skipped, "\x50\x2a\x4d\x18\1\0\0\0x", 9);
    tarball_bytes(&skipped, bytes, len);
    assert_false(read_bytes(skipped.bytes, skipped.len, NULL, &err));
    refused(&err, ERROR_INVALID, "another format");
}

/* What a special header says of the entry behind it is judged, and is no way to a second form. */
static void special_headers_are_no_way_round(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *reason;
    } cases[] = {
        { "path", "../a", "the path has a \"..\" segment" },
        { "path", "/etc/passwd", "the path is absolute" },
        { "path", "a", "not in the one form" },
        { "linkpath", "/etc/passwd", "not in the one form" },
        { "uid", "0", "not in the one form" },
        { "GNU.sparse.size", "512", "not in the one form" },
        { "GNU.sparse.name", "../a", "the path has a \"..\" segment" },
        { "SCHILY.fflags", "schg", "not in the one form" },
        { "LIBARCHIVE.symlinktype", "file", "not in the one form" },
        { "size", "1", "not in the one form" },
        { "hdrcharset", "BINARY", "not in the one form" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        tarball_pax(&tar, cases[i].key, cases[i].value);
        tarball_file(&tar, "a", "x");
        tarball_file(&tar, "package.json", PACKAGE);
        tarball_end(&tar);
        refuses(&tar, ERROR_INVALID, cases[i].reason);
    }
    static const struct {
        const char *name, *reason;
        char type;
    } kinds[] = {
        { "../a", "the path has a \"..\" segment", 'L' }, /* GNU's long name, and long link */
        { "a", "not in the one form", 'L' },
        { "/etc/passwd", "not in the one form", 'K' },
        { "9 path=z\n", "not in the one form", 'g' },
        { "label", "tar", 'V' },
        { "x", "a pack has no entries for folders", 'D' },
        { "x", "not in the one form", '7' },
        { "x", "tar", '\1' },
        { "x", "", 'S' },
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        CLEANUP(tarball_clear) struct tarball tar = { 0 };
        tarball_entry(&tar, &(struct tar_header){ .path = "X", .type = kinds[i].type },
                      kinds[i].name, strlen(kinds[i].name));
        tarball_file(&tar, "a", "x");
        tarball_file(&tar, "package.json", PACKAGE);
        tarball_end(&tar);
        struct error err = { 0 };
        assert_false(read_tar(&tar, NULL, &err));
        if (!strstr(err.message, kinds[i].reason))
            fail_msg("%zu: \"%s\" does not say \"%s\"", i, err.message, kinds[i].reason);
    }
}

static void archive_in_a_file_is_the_same(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    size_t len;
    CLEANUP(freep) char *bytes = tarball_compress(&tar, &len);
    CLEANUP(closep) int fd = memfd_create("archive", MFD_CLOEXEC);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct archive_source in_file = { .fd = fd }, in_memory = { .bytes = bytes, .len = len };
    const struct archive_expect anything = { 0 };
    struct pack_index first, second;
    assert_ok(archive_read_index(&in_file, &anything, arena, &first, &err));
    assert_ok(archive_read_index(&in_memory, &anything, arena, &second, &err));
    assert_string_equal(first.sha256, second.sha256);
    struct archive_source nothing = { .fd = -1 };
    struct error err;
    assert_false(archive_read_index(&nothing, &anything, arena, &first, &err));
}

/* One pass gives the index that the other gives, and with it the bytes. */
static void files_come_with_their_bytes(void **state)
{
    (void)state;
    CLEANUP(tarball_clear) struct tarball tar = { 0 };
    tarball_file(&tar, "a", "x");
    tarball_file(&tar, "package.json", PACKAGE);
    tarball_end(&tar);
    size_t len;
    CLEANUP(freep) char *bytes = tarball_compress(&tar, &len);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct archive_source source = { .bytes = bytes, .len = len };
    const struct archive_expect anything = { 0 };
    struct pack_index index, with;
    const struct pack_file *files = NULL;
    assert_ok(archive_read_index(&source, &anything, arena, &index, &err));
    assert_ok(archive_read_files(&source, &anything, arena, &with, &files, &err));
    assert_string_equal(with.sha256, index.sha256);
    assert_string_equal(with.tar_sha256, index.tar_sha256);
    assert_int_equal(with.files.count, 2);
    assert_string_equal(files[0].path, "a");
    assert_string_equal(files[0].bytes, "x");
    assert_int_equal(files[1].size, strlen(PACKAGE));
    assert_string_equal(files[1].bytes, PACKAGE);
    assert_string_equal(with.manifest_text, PACKAGE);
    LIST_FOREACH (with.files, struct pack_file, file) {
        char digest[SHA256_TEXT];
        const struct pack_file *held = &files[file - (struct pack_file *)with.files.items];
        assert_null(file->bytes); /* an index has none */
        sha256_hex(held->bytes, held->size, digest);
        assert_string_equal(digest, file->sha256);
    }
    assert_fails(archive_read_files(&(struct archive_source){ .bytes = bytes, .len = len - 1 },
                                    &anything, arena, &with, &files, &err),
                 INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_archive_is_read),
        cmocka_unit_test(each_kind_of_entry_but_files_is_refused),
        cmocka_unit_test(names_that_are_one_elsewhere_are_refused),
        cmocka_unit_test(names_that_are_too_long_are_refused),
        cmocka_unit_test(completeness_is_held),
        cmocka_unit_test(what_was_asked_for_must_be_what_came),
        cmocka_unit_test(limits_are_held_whatever_is_told),
        cmocka_unit_test(bombs_are_left_before_they_unfold),
        cmocka_unit_test(sizes_that_lie_are_no_way_in),
        cmocka_unit_test(order_and_form_are_held),
        cmocka_unit_test(frame_is_one_and_whole),
        cmocka_unit_test(former_formats_and_skipped_frames_are_refused),
        cmocka_unit_test(special_headers_are_no_way_round),
        cmocka_unit_test(archive_in_a_file_is_the_same),
        cmocka_unit_test(files_come_with_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
