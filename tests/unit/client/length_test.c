/* How long a text is, wherever it begins and ends: also at the very end of what may be read. */
#include "tests/support/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTHS 80

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is ld's */
size_t __wrap_strlen(const char *text);

static void a_text_is_measured_up_to_its_end(void **state)
{
    (void)state;
    _Alignas(16) static char bytes[3 * LENGTHS];
    for (size_t from = 0; from < 32; from++) {
        for (size_t len = 0; len < LENGTHS; len++) {
            memset(bytes, 'x', sizeof(bytes));
            if (from)
                bytes[from - 1] = '\0'; /* before it, and no matter */
            bytes[from + len] = '\0';
            assert_int_equal(__wrap_strlen(bytes + from), len);
        }
    }
}

static void nothing_behind_its_page_is_read(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(two != MAP_FAILED);
    assert_int_equal(mprotect(two + page, page, PROT_NONE), 0);
    memset(two, 'x', page);
    two[page - 1] = '\0';
    for (size_t len = 0; len < LENGTHS; len++)
        assert_int_equal(__wrap_strlen(two + page - 1 - len), len);
    assert_int_equal(munmap(two, 2 * page), 0);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_measured_up_to_its_end),
        cmocka_unit_test(nothing_behind_its_page_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
