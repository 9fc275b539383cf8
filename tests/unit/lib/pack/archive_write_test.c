#include "tests/support/test.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/pack/archive.h"

#define PACKAGE                                                                    \
    "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\"artifacts\":[" \
    "{\"type\":\"plugin\",\"path\":\"bin/run\"},"                                  \
    "{\"type\":\"plugin\",\"path\":\"empty\"},"                                    \
    "{\"type\":\"plugin\",\"path\":\"\xc3\xa9t\xc3\xa9/a.txt\"}]}"

static struct pack_file file(const char *path, const char *text)
{
    return (struct pack_file){ .path = path, .bytes = text, .size = strlen(text) };
}

static void web(struct pack_file out[5])
{
    out[0] = file("\xc3\xa9t\xc3\xa9/a.txt", "summer\n");
    out[1] = file("package.json", PACKAGE);
    out[2] = file("bin/run", "#!/bin/sh\n");
    out[2].executable = true;
    out[3] = file("empty", "");
    out[4] = file("README.md", "# web\n");
}

/* The digest of the tar, for all time: another one would make packs that older readers refuse. */
#define WEB_TAR   "6dbdcf13439579c5c15a8ce58d24646240e4e9d4907acaabcd0f9bde10255b33"
#define PLAIN_TAR "9240523b3ae24db58b42cd83edd6b56194ea49a166776e1b7067200132294966"

static void same_files_make_the_same_bytes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[5], turned[5];
    struct pack_bytes first, second;
    struct pack_index index, again;
    web(files);
    assert_ok(archive_from_files(files, 5, NULL, arena, &first, &index, &err));
    for (size_t i = 0; i < 5; i++)
        turned[i] = files[4 - i];
    mode_t mask = umask(0077);
    /* NOLINTBEGIN(concurrency-mt-unsafe): the test has one thread */
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    (void)setlocale(LC_ALL, "C.UTF-8");
    assert_ok(archive_from_files(turned, 5, NULL, arena, &second, &again, &err));
    (void)setlocale(LC_ALL, "C");
    /* NOLINTEND(concurrency-mt-unsafe) */
    (void)umask(mask);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);
    assert_string_equal(index.sha256, again.sha256);
    assert_string_equal(index.tar_sha256, WEB_TAR);
}

static void names_of_ascii_make_a_plain_ustar(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[] = {
        file("package.json", "{\"schema_version\":1,\"name\":\"a\",\"version\":\"1.0.0\"}"),
    };
    struct pack_bytes out;
    struct pack_index index;
    assert_ok(archive_from_files(files, 1, NULL, arena, &out, &index, &err));
    assert_int_equal(index.tar_bytes, 4 * 512);
    assert_string_equal(index.tar_sha256, PLAIN_TAR);
}

static void index_tells_what_is_inside(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[5];
    struct pack_bytes out;
    struct pack_index index;
    web(files);
    assert_ok(archive_from_files(files, 5, NULL, arena, &out, &index, &err));
    assert_int_equal(index.files.count, 5);
    assert_int_equal(index.archive_bytes, out.len);
    assert_string_equal(index.manifest.name, "web");
    assert_string_equal(index.manifest_text, PACKAGE);
    const struct pack_file *run = pack_index_find(&index, "bin/run");
    assert_non_null(run);
    assert_true(run->executable);
    assert_int_equal(run->size, 10);
    assert_string_equal(pack_index_find(&index, "empty")->sha256,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_null(pack_index_find(&index, "bin"));
}

static void long_names_survive(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char path[LIMIT_PACK_PATH_BYTES + 1], package[1024];
    memset(path, 'x', sizeof(path));
    path[250] = path[500] = '/';
    path[LIMIT_PACK_PATH_BYTES] = '\0';
    (void)snprintf(package, sizeof(package),
                   "{\"schema_version\":1,\"name\":\"a\",\"version\":\"1.0.0\",\"artifacts\":"
                   "[{\"type\":\"plugin\",\"path\":\"%s\"}]}",
                   path);
    struct pack_file files[] = { file("package.json", package), file(path, "x") };
    struct pack_bytes out;
    struct pack_index index;
    assert_ok(archive_from_files(files, 2, NULL, arena, &out, &index, &err));
    assert_non_null(pack_index_find(&index, path));
}

static void writer_refuses_what_no_reader_takes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[6];
    struct pack_bytes out = { 0 };
    struct pack_index index;
    web(files);
    files[5] = file("more", "x");
    assert_fails(archive_from_files(files, 6, NULL, arena, &out, &index, &err), INVALID);
    files[5] = file("empty", "x");
    assert_fails(archive_from_files(files, 6, NULL, arena, &out, &index, &err), INVALID);
    files[5] = file("../x", "x");
    assert_fails(archive_from_files(files, 6, NULL, arena, &out, &index, &err), INVALID);
    assert_fails(archive_from_files(files, 3, NULL, arena, &out, &index, &err), INVALID);
    assert_null(out.data);
}

static void writer_holds_its_limits(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[5];
    struct pack_bytes out;
    struct pack_index index;
    web(files);
    const struct pack_limits limits[] = {
        { .entries = 4, .archive_bytes = 9999, .unpacked_bytes = 9999, .file_bytes = 9999 },
        { .entries = 9, .archive_bytes = 99, .unpacked_bytes = 9999, .file_bytes = 9999 },
        { .entries = 9, .archive_bytes = 9999, .unpacked_bytes = 100, .file_bytes = 9999 },
        { .entries = 9, .archive_bytes = 9999, .unpacked_bytes = 9999, .file_bytes = 9 },
    };
    for (size_t i = 0; i < 4; i++)
        assert_fails(archive_from_files(files, 5, &limits[i], arena, &out, &index, &err),
                     TOO_LARGE);
}

/* A folder of its own for each test, beneath the build's. */
static int folder(char path[64])
{
    (void)snprintf(path, 64, "/tmp/nono-pack-XXXXXX");
    assert_non_null(mkdtemp(path));
    int dir = -1;
    assert_ok(dir_open(path, &dir, &err));
    return dir;
}

static void folder_remove(const char *path, int dir)
{
    (void)close(dir);
    int tmp = -1;
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, path + 5, &err));
    (void)close(tmp);
}

static void put(int dir, const char *path, const char *text, mode_t mode)
{
    char parent[64] = "";
    const char *slash = strrchr(path, '/');
    if (slash) {
        memcpy(parent, path, (size_t)(slash - path));
        assert_ok(dir_make_beneath(dir, parent, 0755, &err));
    }
    int fd = -1;
    assert_ok(file_open_beneath(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &err));
    assert_ok(file_write_all(fd, text, strlen(text), &err));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void folder_makes_what_its_files_make(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char path[64];
    int dir = folder(path);
    put(dir, "package.json", PACKAGE, 0600);
    put(dir, "bin/run", "#!/bin/sh\n", 0711);
    put(dir, "empty", "", 0666);
    put(dir, "\xc3\xa9t\xc3\xa9/a.txt", "summer\n", 0444);
    put(dir, "README.md", "# web\n", 0644);
    put(dir, "not-of-the-pack", "x", 0644);
    struct pack_bytes out;
    struct pack_index index;
    assert_ok(archive_from_folder(dir, NULL, arena, &out, &index, &err));
    assert_string_equal(index.tar_sha256, WEB_TAR);
    folder_remove(path, dir);
}

static void folder_may_not_have_links_or_holes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char path[64];
    int dir = folder(path);
    struct pack_bytes out;
    struct pack_index index;
    assert_fails(archive_from_folder(dir, NULL, arena, &out, &index, &err), NOT_FOUND);
    put(dir, "package.json", PACKAGE, 0644);
    put(dir, "empty", "", 0644);
    put(dir, "\xc3\xa9t\xc3\xa9/a.txt", "", 0644);
    assert_fails(archive_from_folder(dir, NULL, arena, &out, &index, &err), NOT_FOUND);
    assert_int_equal(mkdirat(dir, "bin", 0755), 0);
    assert_int_equal(symlinkat("/bin/sh", dir, "bin/run"), 0);
    assert_fails(archive_from_folder(dir, NULL, arena, &out, &index, &err), INVALID);
    assert_int_equal(unlinkat(dir, "bin/run", 0), 0);
    assert_int_equal(mkfifoat(dir, "bin/run", 0644), 0);
    assert_fails(archive_from_folder(dir, NULL, arena, &out, &index, &err), INVALID);
    folder_remove(path, dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_files_make_the_same_bytes),
        cmocka_unit_test(names_of_ascii_make_a_plain_ustar),
        cmocka_unit_test(index_tells_what_is_inside),
        cmocka_unit_test(long_names_survive),
        cmocka_unit_test(writer_refuses_what_no_reader_takes),
        cmocka_unit_test(writer_holds_its_limits),
        cmocka_unit_test(folder_makes_what_its_files_make),
        cmocka_unit_test(folder_may_not_have_links_or_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
