#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/record.h"
#include "registry/blob/blob.h"

static char folder[64];
static struct blob_store *store;

static int store_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/nono-blob-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_ok(blob_store_open(folder, &store, &err));
    return 0;
}

static int store_remove(void **state)
{
    (void)state;
    CLEANUP(closep) int tmp = -1;
    blob_store_close(store);
    assert_ok(dir_open("/tmp", &tmp, &err));
    assert_ok(tree_remove(tmp, folder + strlen("/tmp/"), &err));
    return 0;
}

static void put(const char *text, char digest[SHA256_TEXT])
{
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store, &batch, &err));
    assert_ok(blob_batch_add(batch, text, strlen(text), digest, &err));
    assert_ok(blob_batch_commit(batch, &err));
}

static bool count_one(void *context, const char *digest, uint64_t size, struct error *err)
{
    (void)digest, (void)size, (void)err;
    (*(size_t *)context)++;
    return true;
}

static size_t count(void)
{
    size_t blobs = 0;
    assert_ok(blob_each(store, count_one, &blobs, &err));
    return blobs;
}

static void what_was_put_is_found_by_its_digest(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char digest[SHA256_TEXT], expected[SHA256_TEXT];
    const char *bytes;
    size_t len;
    put("hello", digest);
    sha256_hex("hello", 5, expected);
    assert_string_equal(digest, expected);
    assert_ok(blob_read(store, digest, 100, arena, &bytes, &len, &err));
    assert_string_equal(bytes, "hello");
    assert_ok(blob_verify(store, digest, &err));
    assert_fails(blob_read(store, digest, 4, arena, &bytes, &len, &err), TOO_LARGE);
    put("hello", digest); /* the same again is the same blob */
    assert_int_equal(count(), 1);
}

static void nothing_is_there_without_a_commit(void **state)
{
    (void)state;
    struct blob_batch *batch;
    char digest[SHA256_TEXT];
    int fd;
    uint64_t size;
    assert_ok(blob_batch_open(store, &batch, &err));
    assert_ok(blob_batch_add(batch, "x", 1, digest, &err));
    blob_batch_close(batch);
    assert_fails(blob_open(store, digest, &fd, &size, &err), NOT_FOUND);
    assert_int_equal(count(), 0);
}

static void a_batch_of_many_is_put_at_once(void **state)
{
    (void)state;
    char texts[300][16]; /* the batch's until it is closed */
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store, &batch, &err));
    for (int i = 0; i < 300; i++) {
        char digest[SHA256_TEXT];
        (void)snprintf(texts[i], sizeof(texts[i]), "%d", i % 200); /* some of them twice */
        assert_ok(blob_batch_add(batch, texts[i], strlen(texts[i]), digest, &err));
    }
    assert_ok(blob_batch_commit(batch, &err));
    assert_int_equal(count(), 200);
}

static void what_is_no_digest_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "../lock", "ab", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int fd;
        uint64_t size;
        assert_fails(blob_open(store, bad[i], &fd, &size, &err), INVALID);
    }
}

static ino_t inode_of(const char *digest)
{
    char path[256];
    struct stat status;
    (void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", folder, digest, digest);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* As a disk would: "" is a blob that is gone. */
static void damage(const char *digest, const char *bytes)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", folder, digest, digest);
    assert_int_equal(unlink(path), 0);
    if (!*bytes)
        return;
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT, 0440);
    assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static struct blob_written put_all(const char *const *texts, size_t count,
                                   char digests[][SHA256_TEXT])
{
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store, &batch, &err));
    for (size_t i = 0; i < count; i++)
        assert_ok(blob_batch_add(batch, texts[i], strlen(texts[i]), digests[i], &err));
    assert_ok(blob_batch_commit(batch, &err));
    return blob_batch_written(batch);
}

static void what_the_disk_lost_or_changed_is_put_back_when_it_comes_again(void **state)
{
    (void)state;
    static char large[40001]; /* more than is compared at once */
    memset(large, 'a', sizeof(large) - 1);
    const char *const texts[] = { "genuine", "other", "sound", "short", large };
    char digests[COUNT(texts)][SHA256_TEXT], rotten[sizeof(large)];
    struct blob_written written = put_all(texts, COUNT(texts), digests);
    assert_int_equal(written.named, COUNT(texts));
    assert_int_equal(written.replaced, 0);
    written = put_all(texts, COUNT(texts), digests);
    assert_int_equal(written.named, 0);

    memcpy(rotten, large, sizeof(large));
    rotten[sizeof(large) - 2] = 'b';
    damage(digests[0], "genuinE");
    damage(digests[1], "");
    damage(digests[3], "sho");
    damage(digests[4], rotten);
    ino_t sound = inode_of(digests[2]);
    written = put_all(texts, COUNT(texts), digests);
    assert_int_equal(written.named, 4);
    assert_int_equal(written.replaced, 3);
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_ok(blob_verify(store, digests[i], &err));
    assert_int_equal(inode_of(digests[2]), sound);
    assert_int_equal(put_all(texts, COUNT(texts), digests).named, 0);
}

static void what_is_left_out_or_was_written_meanwhile_gets_no_name(void **state)
{
    (void)state;
    char left[SHA256_TEXT], raced[SHA256_TEXT], named[SHA256_TEXT];
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store, &batch, &err));
    assert_ok(blob_batch_add(batch, "left", 4, left, &err));
    assert_ok(blob_batch_add(batch, "raced", 5, raced, &err));
    assert_ok(blob_batch_add(batch, "named", 5, named, &err));
    blob_batch_start(batch);
    put("raced", raced);
    ino_t theirs = inode_of(raced);
    blob_batch_leave(batch, left);
    blob_batch_leave_sound(batch);
    assert_ok(blob_batch_commit(batch, &err));
    assert_int_equal(blob_batch_written(batch).named, 1);
    assert_int_equal(inode_of(left), 0);
    assert_int_equal(inode_of(raced), theirs);
    assert_ok(blob_verify(store, named, &err));
}

static void changed_bytes_are_noticed(void **state)
{
    (void)state;
    char digest[SHA256_TEXT], path[256];
    put("genuine", digest);
    (void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", folder, digest, digest);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0440);
    assert_int_equal(chmod(path, 0600), 0);
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "forged", 6), 6);
    assert_fails(blob_verify(store, digest, &err), UNTRUSTED);
}

static bool want_listed(void *context, const char *digest, bool *out, struct error *err)
{
    (void)err;
    *out = strcmp(digest, context) == 0;
    return true;
}

static void the_collector_takes_what_is_old_and_unwanted(void **state)
{
    (void)state;
    char wanted[SHA256_TEXT], other[SHA256_TEXT], path[256];
    uint64_t removed, size;
    bool done;
    int fd;
    put("wanted", wanted);
    put("other", other);
    assert_ok(blob_collect(store, 3600, want_listed, wanted, &done, &removed, &err));
    assert_int_equal(removed, 0); /* both are young */

    for (const char *const *digest = (const char *const[]){ wanted, other, NULL }; *digest;
         digest++) {
        (void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", folder, *digest, *digest);
        const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    assert_ok(blob_collect(store, 3600, want_listed, wanted, &done, &removed, &err));
    assert_int_equal(removed, 1);
    assert_ok(blob_open(store, wanted, &fd, &size, &err));
    (void)close(fd);
    assert_fails(blob_open(store, other, &fd, &size, &err), NOT_FOUND);
}

static void a_blob_that_is_put_again_is_young_again(void **state)
{
    (void)state;
    char digest[SHA256_TEXT], path[256];
    uint64_t removed;
    bool done;
    put("again", digest);
    (void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", folder, digest, digest);
    const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    put("again", digest);
    assert_ok(
        blob_collect(store, 3600, want_listed, (void *)(uintptr_t) "", &done, &removed, &err));
    assert_true(done);
    assert_int_equal(removed, 0);
}

static void the_collector_does_not_wait_for_writers(void **state)
{
    (void)state;
    uint64_t removed;
    bool done = true;
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    assert_ok(blob_batch_open(store, &batch, &err));
    assert_ok(blob_collect(store, 0, want_listed, (void *)(uintptr_t) "", &done, &removed, &err));
    assert_false(done);
    blob_batch_close(STEAL(batch));
    assert_ok(blob_collect(store, 0, want_listed, (void *)(uintptr_t) "", &done, &removed, &err));
    assert_true(done);
}

static void the_store_says_whether_it_can_write(void **state)
{
    (void)state;
    assert_ok(blob_store_check(store, &err));
    assert_int_equal(count(), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_make, store_remove)
    const struct CMUnitTest tests[] = {
        CASE(what_was_put_is_found_by_its_digest),
        CASE(nothing_is_there_without_a_commit),
        CASE(a_batch_of_many_is_put_at_once),
        CASE(what_is_no_digest_is_refused),
        CASE(changed_bytes_are_noticed),
        CASE(what_the_disk_lost_or_changed_is_put_back_when_it_comes_again),
        CASE(what_is_left_out_or_was_written_meanwhile_gets_no_name),
        CASE(the_collector_takes_what_is_old_and_unwanted),
        CASE(a_blob_that_is_put_again_is_young_again),
        CASE(the_collector_does_not_wait_for_writers),
        CASE(the_store_says_whether_it_can_write),
    };
    return cmocka_run_group_tests_name("registry/blob/blob", tests, NULL, NULL);
}
