#include "tests/support/test.h"

#include <pthread.h>

#include "registry/blob/task.h"

static struct task_pool *pool;

static int pool_make(void **state)
{
    (void)state;
    pool = task_pool_new();
    return 0;
}

static int pool_end(void **state)
{
    (void)state;
    task_pool_free(pool);
    return 0;
}

static bool number_double(void *context, struct error *error)
{
    int *number = context;
    if (*number < 0)
        return error_set(error, INVALID, "%d is negative", *number);
    *number *= 2;
    return true;
}

static void one_task_is_waited_for(void **state)
{
    (void)state;
    struct task task;
    int number = 21;
    task_start(pool, &task, number_double, &number);
    assert_ok(task_wait(pool, &task, &err));
    assert_int_equal(number, 42);
}

static void more_than_there_are_threads_are_done(void **state)
{
    (void)state;
    struct task tasks[40];
    int numbers[40];
    for (int i = 0; i < 40; i++) {
        numbers[i] = i;
        task_start(pool, &tasks[i], number_double, &numbers[i]);
    }
    for (size_t i = 40; i-- > 0;) /* the last first */
        assert_ok(task_wait(pool, &tasks[i], &err));
    for (int i = 0; i < 40; i++)
        assert_int_equal(numbers[i], 2 * i);
}

static void a_failure_is_told_to_its_owner(void **state)
{
    (void)state;
    struct task bad, good;
    struct error fault;
    int wrong = -7, right = 7;
    task_start(pool, &bad, number_double, &wrong);
    task_start(pool, &good, number_double, &right);
    assert_false(task_wait(pool, &bad, &fault));
    assert_int_equal(fault.kind, ERROR_INVALID);
    assert_string_equal(fault.message, "-7 is negative");
    assert_ok(task_wait(pool, &good, &err));
    assert_int_equal(right, 14);
}

static void *many_main(void *context)
{
    (void)context;
    for (int i = 0; i < 200; i++) {
        struct task task;
        int number = i;
        task_start(pool, &task, number_double, &number);
        assert_ok(task_wait(pool, &task, &err));
        assert_int_equal(number, 2 * i);
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
#define CASE(name) cmocka_unit_test_setup_teardown(name, pool_make, pool_end)
    const struct CMUnitTest tests[] = {
        CASE(one_task_is_waited_for),
        CASE(more_than_there_are_threads_are_done),
        CASE(a_failure_is_told_to_its_owner),
        CASE(callers_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("registry/blob/task", tests, NULL, NULL);
}
