/* The copy of a start: every length up to where musl's takes over, from and to every alignment. */
#include "tests/support/test.h"

#include <string.h>

#define LEN_MAX 300
#define PLACES  17 /* two alignments of a register, and one byte more */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are ld's */
void *__real_memcpy(void *restrict to, const void *restrict from, size_t len);
void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t len);

static size_t handed_on;

void *__real_memcpy(void *restrict to, const void *restrict from, size_t len)
{
    handed_on++;
    return memmove(to, from, len);
}

static void as_many_bytes_are_copied_and_no_other(void **state)
{
    (void)state;
    unsigned char from[LEN_MAX + PLACES], to[LEN_MAX + 2 * PLACES], expected[sizeof(to)];
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (unsigned char)(i * 7 + 1);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t place = 0; place < PLACES; place++) {
            const unsigned char *source = from + (place * 5) % PLACES;
            memset(to, 0xee, sizeof(to));
            memset(expected, 0xee, sizeof(expected));
            for (size_t i = 0; i < len; i++)
                expected[place + i] = source[i];
            assert_ptr_equal(__wrap_memcpy(to + place, source, len), to + place);
            assert_memory_equal(to, expected, sizeof(to));
        }
    }
}

static void what_is_long_is_left_to_the_library(void **state)
{
    (void)state;
    unsigned char from[LEN_MAX] = { 1 }, to[LEN_MAX];
    handed_on = 0;
    (void)__wrap_memcpy(to, from, 256);
    assert_int_equal(handed_on, 0);
    (void)__wrap_memcpy(to, from, 257);
    assert_int_equal(handed_on, 1);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_bytes_are_copied_and_no_other),
        cmocka_unit_test(what_is_long_is_left_to_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
