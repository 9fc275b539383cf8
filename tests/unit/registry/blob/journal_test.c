#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/record.h"
#include "registry/blob/blob.h"
#include "registry/blob/frame.h"
#include "tests/support/child.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-journal-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    CLEANUP(closep) int tmp = -1;
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, folder + strlen("/tmp/"), &err));
    return 0;
}

static struct blob_store *store_new(void)
{
    struct blob_store *store = NULL;
    assert_ok(blob_store_open(folder, &store, &err));
    return store;
}

static const char *const texts[] = { "one", "two", "", "a longer one, and more of it" };

static void put_all(struct blob_store *store, const char *const *all, size_t count)
{
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    char digest[SHA256_TEXT];
    assert_ok(blob_batch_open(store, &batch, &err));
    for (size_t i = 0; i < count; i++)
        assert_ok(blob_batch_add(batch, all[i], strlen(all[i]), digest, &err));
    assert_ok(blob_batch_commit(batch, &err));
}

static void path_of(const char *text, char path[200])
{
    char digest[SHA256_TEXT];
    sha256_hex(text, strlen(text), digest);
    (void)snprintf(path, 200, "%s/sha256/%.2s/%s", folder, digest, digest);
}

static bool is_whole(const struct blob_store *store, const char *text)
{
    char digest[SHA256_TEXT];
    struct error ignored;
    sha256_hex(text, strlen(text), digest);
    return blob_verify(store, digest, &ignored);
}

/* The path of the only segment; false when there is none. */
static bool segment_path(char path[512])
{
    char dir[128];
    size_t found = 0;
    (void)snprintf(dir, sizeof(dir), "%s/journal", folder);
    DIR *list = opendir(dir);
    assert_non_null(list);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the test has one thread */
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, 512, "%s/%s", dir, entry->d_name);
        found++;
    }
    (void)closedir(list);
    assert_true(found <= 1);
    return found == 1;
}

static int writer_main(void *context)
{
    (void)context;
    put_all(store_new(), texts, COUNT(texts));
    return 0;
}

/* A program that puts blobs and is killed, so that their segment is left. */
static void writer_dies(void)
{
    assert_int_equal(in_child(writer_main, NULL), 0);
}

/* What a power cut can do to a file that was never synced. */
static void files_are_lost(void)
{
    char path[200];
    for (size_t i = 0; i < COUNT(texts); i++) {
        path_of(texts[i], path);
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(i % 2 ? unlink(path) : truncate(path, 1), 0);
    }
}

static void what_a_power_cut_took_is_there_again(void **state)
{
    char path[512];
    (void)state;
    writer_dies();
    assert_true(segment_path(path));
    files_are_lost();

    struct blob_store *store = store_new();
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_true(is_whole(store, texts[i]));
    assert_false(segment_path(path)); /* it is not needed any more */
    struct stat status;
    path_of(texts[0], path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0440);
    blob_store_close(store);
}

/* Without the segment nothing would be: the test above proves the journal, not the page cache. */
#define SERVICE 65534

/* As when root runs fsck after a crash, beside the service of another user. */
static void what_root_restores_is_of_the_folders_owner(void **state)
{
    char path[200], objects[128];
    struct stat status;
    (void)state;
    if (geteuid() != 0)
        skip();
    writer_dies();
    files_are_lost();
    (void)snprintf(objects, sizeof(objects), "%s/sha256", folder);
    assert_int_equal(chown(objects, SERVICE, SERVICE), 0);
    blob_store_close(store_new());
    for (size_t i = 0; i < COUNT(texts); i++) {
        path_of(texts[i], path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_uid, SERVICE);
        assert_int_equal(status.st_gid, SERVICE);
    }
}

static void without_its_segment_it_is_lost(void **state)
{
    char path[512];
    (void)state;
    writer_dies();
    assert_true(segment_path(path));
    assert_int_equal(unlink(path), 0);
    files_are_lost();
    struct blob_store *store = store_new();
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(is_whole(store, texts[i]));
    blob_store_close(store);
}

static void of_a_torn_segment_the_whole_frames_count(void **state)
{
    char path[512];
    (void)state;
    writer_dies();
    assert_true(segment_path(path));
    CLEANUP(closep) int fd = open(path, O_RDWR);
    assert_true(pwrite(fd, "?", 1, 512 + 128) == 1); /* the first body */
    off_t end = lseek(fd, 0, SEEK_END);
    assert_int_equal(ftruncate(fd, end - 1), 0); /* the last body is cut short */
    files_are_lost();

    struct blob_store *store = store_new();
    static const bool whole[] = { false, true, true, false };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(is_whole(store, texts[i]), whole[i]);
    blob_store_close(store);
}

/* A blob with a frame of its own where a block begins, whole but for the segment's id. */
#define INSIDE    "what a publisher put in"
#define INSIDE_AT (FRAME_BLOCK - FRAME_HEAD)

static int forger_main(void *context)
{
    char bytes[2048] = { 0 }, digest[SHA256_TEXT];
    (void)context;
    sha256_hex(INSIDE, strlen(INSIDE), digest);
    frame_head("00000000000000000000000000000000", digest, strlen(INSIDE), bytes + INSIDE_AT);
    memcpy(bytes + INSIDE_AT + FRAME_HEAD, INSIDE, strlen(INSIDE));
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store_new(), &batch, &err));
    assert_ok(blob_batch_add(batch, bytes, sizeof(bytes), digest, &err));
    assert_ok(blob_batch_commit(batch, &err));
    return 0;
}

static void what_looks_like_a_frame_inside_a_torn_one_is_none(void **state)
{
    char path[512];
    (void)state;
    assert_int_equal(in_child(forger_main, NULL), 0);
    assert_true(segment_path(path));
    CLEANUP(closep) int fd = open(path, O_WRONLY);
    assert_true(pwrite(fd, "?", 1, 512 + 128) == 1);

    struct blob_store *store = store_new();
    assert_false(is_whole(store, INSIDE));
    blob_store_close(store);
}

static void what_is_no_segment_is_passed_over(void **state)
{
    char path[512];
    (void)state;
    blob_store_close(store_new());
    (void)snprintf(path, sizeof(path), "%s/journal/noise", folder);
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT, 0600);
    char noise[3000];
    memset(noise, 'n', sizeof(noise));
    assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
    blob_store_close(store_new());
    assert_false(segment_path(path));
}

static void the_segment_of_a_living_program_is_left_alone(void **state)
{
    char path[512];
    (void)state;
    struct blob_store *store = store_new(), *other;
    put_all(store, texts, 1);
    assert_true(segment_path(path));
    other = store_new();
    assert_true(segment_path(path));
    assert_true(is_whole(other, texts[0]));
    blob_store_close(other);
    blob_store_close(store);
    assert_false(segment_path(path));
}

static void a_checkpoint_ends_the_segment(void **state)
{
    char path[512];
    (void)state;
    struct blob_store *store = store_new();
    assert_ok(blob_store_checkpoint(store, &err)); /* of nothing */
    put_all(store, texts, 2);
    assert_true(segment_path(path));
    assert_ok(blob_store_checkpoint(store, &err));
    assert_false(segment_path(path));
    put_all(store, texts, 2); /* nothing new needs no segment */
    assert_false(segment_path(path));
    put_all(store, texts, COUNT(texts));
    assert_true(segment_path(path));
    blob_store_close(store);
}

static void a_batch_that_was_started_and_dropped_leaves_nothing(void **state)
{
    (void)state;
    struct blob_store *store = store_new();
    struct blob_batch *batch = NULL;
    char digest[SHA256_TEXT], path[200];
    assert_ok(blob_batch_open(store, &batch, &err));
    assert_ok(blob_batch_add(batch, "dropped", 7, digest, &err));
    blob_batch_start(batch);
    blob_batch_close(batch);
    assert_false(is_whole(store, "dropped"));
    (void)snprintf(path, sizeof(path), "%s/tmp", folder);
    assert_int_equal(rmdir(path), 0); /* empty */
    blob_store_close(store);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(what_a_power_cut_took_is_there_again),
        CASE(what_root_restores_is_of_the_folders_owner),
        CASE(without_its_segment_it_is_lost),
        CASE(of_a_torn_segment_the_whole_frames_count),
        CASE(what_looks_like_a_frame_inside_a_torn_one_is_none),
        CASE(what_is_no_segment_is_passed_over),
        CASE(the_segment_of_a_living_program_is_left_alone),
        CASE(a_checkpoint_ends_the_segment),
        CASE(a_batch_that_was_started_and_dropped_leaves_nothing),
    };
    return cmocka_run_group_tests_name("registry/blob/journal", tests, NULL, NULL);
}
