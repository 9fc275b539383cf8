#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/standard.h"

static void a_closed_descriptor_is_not_taken_by_what_is_opened_later(void **state)
{
    (void)state;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int kept = dup(fd);
        assert_int_equal(close(fd), 0);
        standard_begin();
        int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
        char byte = 'x';
        ssize_t passed = fd == STDIN_FILENO ? read(fd, &byte, 1) : write(fd, &byte, 1);
        (void)dup2(kept, fd);
        (void)close(kept);
        assert_true(next > STDERR_FILENO);
        assert_int_equal(passed, fd == STDERR_FILENO ? 1 : -1); /* an error has nowhere to go */
        (void)close(next);
    }
}

static void what_cannot_be_printed_is_a_failure(void **state)
{
    (void)state;
    assert_ok(standard_flush(&err));
    int kept = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
    (void)fputs("lost", stdout);
    struct error fault = { 0 };
    bool ok = standard_flush(&fault);
    clearerr(stdout);
    (void)dup2(kept, STDOUT_FILENO);
    (void)close(kept);
    (void)close(full);
    assert_false(ok);
    assert_int_equal(fault.kind, ERROR_INTERNAL);
    assert_ok(standard_flush(&err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_descriptor_is_not_taken_by_what_is_opened_later),
        cmocka_unit_test(what_cannot_be_printed_is_a_failure),
    };
    return cmocka_run_group_tests_name("lib/base/standard", tests, NULL, NULL);
}
