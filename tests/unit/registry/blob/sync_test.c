#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "registry/blob/sync.h"

static struct syncer *syncer;

static int syncer_make(void **state)
{
    (void)state;
    syncer = syncer_new();
    return 0;
}

static int syncer_end(void **state)
{
    (void)state;
    syncer_free(syncer);
    return 0;
}

static int file_new(void)
{
    char path[] = "/tmp/nono-sync-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    return fd;
}

static void one_sync_is_waited_for(void **state)
{
    (void)state;
    CLEANUP(closep) int fd = file_new();
    struct syncing syncing;
    syncer_start(syncer, &syncing, fd);
    assert_ok(syncer_wait(syncer, &syncing, &err));
}

static void more_than_there_are_threads_are_done(void **state)
{
    (void)state;
    CLEANUP(closep) int fd = file_new();
    struct syncing syncings[40];
    for (size_t i = 0; i < 40; i++)
        syncer_start(syncer, &syncings[i], fd);
    for (size_t i = 40; i-- > 0;) /* the last first */
        assert_ok(syncer_wait(syncer, &syncings[i], &err));
}

static void a_failure_is_told_to_its_owner(void **state)
{
    (void)state;
    CLEANUP(closep) int fd = file_new();
    struct syncing bad, good;
    struct error fault;
    syncer_start(syncer, &bad, -1);
    syncer_start(syncer, &good, fd);
    assert_false(syncer_wait(syncer, &bad, &fault));
    assert_int_equal(fault.sys, EBADF);
    assert_ok(syncer_wait(syncer, &good, &err));
}

static void *many_main(void *context)
{
    CLEANUP(closep) int fd = file_new();
    (void)context;
    for (int i = 0; i < 20; i++) {
        struct syncing syncing;
        syncer_start(syncer, &syncing, fd);
        assert_ok(syncer_wait(syncer, &syncing, &err));
    }
    return NULL;
}

static void callers_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_main, NULL), 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, syncer_make, syncer_end)
    const struct CMUnitTest tests[] = {
        CASE(one_sync_is_waited_for),
        CASE(more_than_there_are_threads_are_done),
        CASE(a_failure_is_told_to_its_owner),
        CASE(callers_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("registry/blob/sync", tests, NULL, NULL);
}
