/* USES lib/pack */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/install/stage.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"

static char folder[] = "/tmp/nono-stage-XXXXXX";
static int dir = -1;

static int folder_make(void **state)
{
    (void)state;
    struct error err;
    return mkdtemp(folder) && dir_open(folder, &dir, &err) ? 0 : -1;
}

static int folder_drop(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(closep) int tmp = -1;
    closep(&dir);
    return dir_open("/tmp", &tmp, &err) && tree_remove(tmp, folder + strlen("/tmp/"), &err) ? 0
                                                                                            : -1;
}

static const struct pack_file files[] = {
    { .path = "package.json",
      .bytes = "{\"schema_version\":1,\"name\":\"web\",\"version\":\"1.0.0\",\"artifacts\":["
               "{\"type\":\"plugin\",\"path\":\"a\"},{\"type\":\"plugin\",\"path\":\"b\"}]}" },
    { .path = "a", .bytes = "x", .size = 1 },
    { .path = "b", .bytes = "y", .size = 1 },
};

/* Stages a pack of two files with a bundle of so many bytes; what the list of bundles says. */
static const char *bundles_of(size_t bundle_len, struct arena *arena)
{
    struct pack_bytes archive;
    struct pack_index index;
    struct pack_file copy[COUNT(files)];
    memcpy(copy, files, sizeof(files));
    copy[0].size = strlen(copy[0].bytes); /* as is told here alone */
    assert_ok(archive_from_files(copy, COUNT(copy), NULL, arena, &archive, &index, &err));
    char *bundle = arena_alloc(arena, bundle_len + 1, 1);
    memset(bundle, ' ', bundle_len);
    memcpy(bundle, "{}", 2);
    const struct archive_source source = { .bytes = archive.data, .len = archive.len };
    const struct install_pack pack = { .index = &index,
                                       .source = &source,
                                       .bundle = bundle,
                                       .bundle_len = bundle_len,
                                       .namespace = "acme",
                                       .name = "web" };
    const char *path, *text;
    size_t len;
    assert_ok(stage_pack(dir, &pack, arena, &path, &err));
    assert_ok(file_read_beneath(dir, path_join(arena, path, ".nono-trust.bundle"), MIB, arena,
                                &text, &len, &err));
    assert_ok(tree_remove(dir, ".staging", &err));
    return text;
}

static void the_bundle_is_there_once_a_file_unless_that_is_too_much(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = bundles_of(2, arena);
    assert_non_null(strstr(text, "\"artifact\":\"a\""));
    assert_non_null(strstr(text, "\"artifact\":\"b\""));
    assert_string_equal(bundles_of(LIMIT_ARTIFACT_BYTES / 2 + 1, arena), "[]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bundle_is_there_once_a_file_unless_that_is_too_much),
    };
    return cmocka_run_group_tests_name("client/install/stage", tests, folder_make, folder_drop);
}
