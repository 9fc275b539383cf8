/* What a folder has not is told from one reading of it; what it has never is. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "sandbox/linux/listing.h"

static char root[] = "/tmp/nono-listing-XXXXXX";
static struct error err;

static int folder_set_up(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/nono-listing-XXXXXX");
    return mkdtemp(root) && chdir(root) == 0 ? 0 : 1;
}

static int folder_tear_down(void **state)
{
    (void)state;
    CLEANUP(closep) int dir = -1;
    return chdir("/") == 0 && dir_open("/tmp", &dir, &err) && tree_remove(dir, root + 5, &err) ? 0
                                                                                               : 1;
}

static bool listed(const char *path, struct listing *listing)
{
    CLEANUP(closep) int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    return listing_read(listing, dir);
}

static void made(const char *name)
{
    CLEANUP(closep) int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
}

static void what_is_there_is_never_lacked(void **state)
{
    (void)state;
    struct listing listing;
    char name[32];
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof(name), "name%d", i);
        made(name);
    }
    assert_int_equal(mkdir(".ssh", 0700), 0);
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_true(listed(".", &listing));
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof(name), "name%d", i);
        assert_false(listing_lacks(&listing, name));
    }
    assert_false(listing_lacks(&listing, ".ssh"));
    assert_false(listing_lacks(&listing, "link"));
}

static void most_of_what_is_not_there_is_lacked(void **state)
{
    (void)state;
    struct listing listing;
    char name[32];
    int lacked = 0;
    made("file");
    assert_true(listed(".", &listing));
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "other%d", i);
        lacked += listing_lacks(&listing, name);
    }
    assert_in_range(lacked, 90, 100); /* four bits of 1024 are set */
}

/* A folder may take "ssh" for "SSH", and both for what looks like neither. */
static void names_that_a_folder_may_take_for_others_are_not_lacked(void **state)
{
    (void)state;
    struct listing listing;
    made(".SSH");
    assert_true(listed(".", &listing));
    assert_false(listing_lacks(&listing, ".ssh"));
    assert_false(listing_lacks(&listing, ".SSH"));
    assert_true(listing_lacks(&listing, ".aws"));
    assert_false(listing_lacks(&listing, ".\xc5\xbfsh"));
    made(".\xc5\xbfsh2");
    assert_false(listed(".", &listing));
}

static void folders_of_which_not_all_is_told_are_not_listed(void **state)
{
    (void)state;
    struct listing listing;
    assert_false(listed("/proc", &listing));
    assert_false(listed("/sys", &listing));
    char name[64];
    for (int i = 0; i < 600; i++) {
        (void)snprintf(name, sizeof(name), "a-name-of-some-length-%d", i);
        made(name);
    }
    assert_false(listed(".", &listing));
}

static void what_is_no_folder_is_not_listed(void **state)
{
    (void)state;
    struct listing listing;
    made("file");
    CLEANUP(closep) int file = open("file", O_PATH | O_CLOEXEC);
    assert_false(listing_read(&listing, file));
}

#define LISTING_TEST(name) cmocka_unit_test_setup_teardown(name, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LISTING_TEST(what_is_there_is_never_lacked),
        LISTING_TEST(most_of_what_is_not_there_is_lacked),
        LISTING_TEST(names_that_a_folder_may_take_for_others_are_not_lacked),
        LISTING_TEST(folders_of_which_not_all_is_told_are_not_listed),
        LISTING_TEST(what_is_no_folder_is_not_listed),
    };
    return cmocka_run_group_tests_name("sandbox/linux/listing", tests, NULL, NULL);
}
