#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/base/cleanup.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

static int opened(int *out_inside, bool keep)
{
    CLEANUP(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    *out_inside = fd;
    if (!keep)
        return -1;
    int stolen = STEAL_FD(fd);
    assert_int_equal(fd, -1);
    return stolen;
}

static void a_descriptor_closes_with_its_scope(void **state)
{
    (void)state;
    int inside;
    assert_int_equal(opened(&inside, false), -1);
    assert_true(inside >= 0);
    assert_false(is_open(inside));
}

static void a_stolen_descriptor_outlives_its_scope(void **state)
{
    (void)state;
    int inside;
    CLEANUP(closep) int fd = opened(&inside, true);
    assert_int_equal(fd, inside);
    assert_true(is_open(fd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_closes_with_its_scope),
        cmocka_unit_test(a_stolen_descriptor_outlives_its_scope),
    };
    return cmocka_run_group_tests_name("lib/base/cleanup", tests, NULL, NULL);
}
