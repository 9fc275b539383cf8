/* The first pieces of memory of a start: from where they are, until there is no room left. */
#include "tests/support/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/record.h"

#define FIRST_BYTES 2048 /* client/first.c */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are ld's */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t handed_on, given_back;

void *__real_malloc(size_t size)
{
    handed_on++;
    return malloc(size);
}

void *__real_calloc(size_t count, size_t size)
{
    handed_on++;
    return count > SIZE_MAX / size ? NULL : calloc(count, size); /* ASan ends a test that asks */
}

void *__real_realloc(void *memory, size_t size)
{
    handed_on++;
    return realloc(memory, size);
}

void __real_free(void *memory)
{
    given_back++;
    free(memory);
}

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

/* One test, for the pieces are there once: small ones, larger ones, and then no more. */
static void what_is_small_and_early_is_not_asked_for(void **state)
{
    (void)state;
    unsigned char *pieces[8];
    for (size_t i = 0; i < COUNT(pieces); i++) {
        pieces[i] = i % 2 ? __wrap_malloc(i * 9 + 1) : __wrap_calloc(i + 1, 7);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        assert_true(is_zero(pieces[i], i % 2 ? i * 9 + 1 : (i + 1) * 7));
        memset(pieces[i], (int)i + 1, i % 2 ? i * 9 + 1 : (i + 1) * 7);
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t at = 0; at < (i % 2 ? i * 9 + 1 : (i + 1) * 7); at++)
            assert_int_equal(pieces[i][at], i + 1);
    assert_int_equal(handed_on, 0);

    /* given back, it is not used again */
    __wrap_free(pieces[0]);
    unsigned char *next = __wrap_malloc(7);
    assert_ptr_not_equal(next, pieces[0]);
    assert_int_equal(given_back, 0);

    /* one that grows moves out, with what is in it; the library knows it from then on */
    unsigned char *more = __wrap_realloc(pieces[3], 200);
    assert_non_null(more);
    assert_int_equal(handed_on, 1);
    for (size_t at = 0; at < 28; at++)
        assert_int_equal(more[at], 4);
    more = __wrap_realloc(more, 400);
    assert_int_equal(handed_on, 2);
    __wrap_free(more);
    assert_int_equal(given_back, 1);
    unsigned char *less = __wrap_realloc(pieces[5], 3);
    assert_int_equal(less[2], 6);
    __wrap_free(less);
}

static void what_has_no_room_is_asked_for(void **state)
{
    (void)state;
    handed_on = given_back = 0;
    __wrap_free(NULL);
    assert_int_equal(given_back, 1);
    void *large = __wrap_malloc(FIRST_BYTES);
    void *many = __wrap_calloc(FIRST_BYTES, 2);
    void *fresh = __wrap_realloc(NULL, 10);
    assert_non_null(large);
    assert_non_null(many);
    assert_non_null(fresh);
    assert_int_equal(handed_on, 3);
    __wrap_free(large);
    __wrap_free(many);
    __wrap_free(fresh);
    assert_int_equal(given_back, 4);
    assert_null(__wrap_calloc(SIZE_MAX / 2, 3));

    size_t before = handed_on;
    for (size_t i = 0; i < FIRST_BYTES / 16 && handed_on == before; i++) {
        void *piece = __wrap_malloc(16);
        assert_non_null(piece);
        __wrap_free(piece);
    }
    assert_int_equal(handed_on, before + 1);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_small_and_early_is_not_asked_for),
        cmocka_unit_test(what_has_no_room_is_asked_for),
    };
    return cmocka_run_group_tests_name("client/first", tests, NULL, NULL);
}
