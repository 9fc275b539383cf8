#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

#include "registry/http/response.h"

/* What an errno is behind is told to nobody; that the disk is full may pass. */
static void a_full_disk_is_worth_another_try_and_other_faults_are_not(void **state)
{
    (void)state;
    static const struct {
        int sys;
        int status;
    } cases[] = { { ENOSPC, 503 }, { EDQUOT, 503 }, { EIO, 500 }, { EROFS, 500 }, { ENOENT, 500 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const struct request req = { .arena = arena, .id = "0123456789abcdef" };
        struct response res = { .fd = -1 };
        struct error err;
        errno = cases[i].sys;
        error_set_errno(&err, "write /the/registry's/own");
        response_problem(&res, &req, &err);
        assert_int_equal(res.status, cases[i].status);
        assert_int_equal(res.header_count, cases[i].status == 503);
        assert_null(memmem(res.bytes, res.len, "own", 3));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_is_worth_another_try_and_other_faults_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
