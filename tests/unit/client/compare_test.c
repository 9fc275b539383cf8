/* Which of two pieces of memory comes first, at every length and by every byte that may tell. */
#include "tests/support/test.h"

#include <string.h>

#define LENGTHS 40

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is ld's */
int __wrap_memcmp(const void *left, const void *right, size_t len);

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void the_first_byte_that_differs_tells(void **state)
{
    (void)state;
    static const unsigned char others[] = { 0, 1, 'a' - 1, 'a' + 1, 0x80, 0xff };
    unsigned char left[LENGTHS + 1], right[LENGTHS + 1];
    for (size_t len = 0; len <= LENGTHS; len++) {
        memset(left, 'a', sizeof(left));
        memset(right, 'a', sizeof(right));
        right[len] = 'z'; /* behind them, and no matter */
        assert_int_equal(__wrap_memcmp(left, right, len), 0);
        for (size_t at = 0; at < len; at++) {
            right[at] = others[at % sizeof(others)];
            left[len - 1] = 'z'; /* a later one that would tell otherwise */
            assert_int_equal(sign(__wrap_memcmp(left, right, len)), sign(memcmp(left, right, len)));
            assert_int_equal(sign(__wrap_memcmp(right, left, len)), sign(memcmp(right, left, len)));
            left[len - 1] = right[at] = 'a';
        }
    }
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_that_differs_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
