#include "tests/support/test.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/record.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char zeroes[100000];
    (void)state;
    for (size_t size = 1; size < sizeof(zeroes); size = size * 3 + 1) {
        char *bytes = arena_alloc(arena, size, 1);
        assert_int_equal((uintptr_t)bytes % ARENA_ALIGN, 0);
        assert_memory_equal(bytes, zeroes, size);
        memset(bytes, 'x', size);
    }
}

/* What is left of a block that one thing did not fit into is used for what does. */
static void a_block_that_was_left_is_filled(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const size_t size = 5000;
    char *last = arena_alloc(arena, size, 1), *next = arena_alloc(arena, size, 1);
    const size_t room = 6000; /* with what lies between, under AddressSanitizer */
    while (next > last && next < last + room) {
        last = next;
        next = arena_alloc(arena, size, 1);
    }
    bool is_filled = false;
    for (int i = 0; i < 1000 && !is_filled; i++) {
        const char *small = arena_alloc(arena, 100, 1);
        is_filled = small > last && small < last + room;
    }
    assert_true(is_filled);
}

/* One large piece between small ones does not part them: they share a block. */
static void large_pieces_leave_the_block_in_hand(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)state;
    char *before = arena_alloc(arena, 16, 1);
    char *large = arena_alloc(arena, 1, 1000000);
    char *after = arena_alloc(arena, 16, 1);
    assert_in_range(after - before, 16, 32); /* AddressSanitizer has a gap between */
    memset(large, 'x', 1000000);
    assert_int_equal(*after, 0);
}

static void text_is_copied_and_printed(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)state;
    assert_string_equal(arena_strndup(arena, "hello", 4), "hell");
    assert_string_equal(arena_printf(arena, "%s-%d", "x", 7), "x-7");
    assert_string_equal(arena_printf(arena, "%s", ""), "");
}

/* Printed where there is room or not, and what comes behind it is zeroed all the same. */
static void printed_text_leaves_zeros_behind(void **state)
{
    static char words[9001];
    (void)state;
    memset(words, 'w', sizeof(words) - 1);
    for (size_t before = 0; before < 17000; before += 331) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        (void)arena_alloc(arena, before, 1);
        char *text = arena_printf(arena, "%s", words);
        assert_string_equal(text, words);
        for (size_t i = 0; i < 2000; i++)
            assert_int_equal(*(char *)arena_alloc(arena, 1, 1), 0);
        assert_string_equal(text, words);
    }
}

static void what_cannot_be_had_is_told(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_try_new();
    (void)state;
    assert_non_null(arena);
    assert_null(arena_try_alloc(arena, SIZE_MAX / 2, 4));
    assert_null(arena_try_alloc(arena, 1, SIZE_MAX / 2 + 100));
    char *bytes = arena_try_alloc(arena, 3, 5);
    assert_non_null(bytes);
    assert_int_equal(bytes[14], 0);
}

/* Arenas of threads take blocks from one pool and give them back; each sees zeros. */
static void *arenas_use(void *argument)
{
    (void)argument;
    for (int round = 0; round < 200; round++) {
        struct arena *arena = arena_new();
        for (size_t size = 1; size < 30000; size = size * 2 + 1) {
            char *bytes = arena_alloc(arena, size, 1);
            for (size_t i = 0; i < size; i += 7)
                assert_int_equal(bytes[i], 0);
            memset(bytes, 'x', size);
        }
        (round % 2 ? arena_wipe : arena_free)(arena);
    }
    return NULL;
}

static void threads_share_no_memory(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, arenas_use, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(a_block_that_was_left_is_filled),
        cmocka_unit_test(large_pieces_leave_the_block_in_hand),
        cmocka_unit_test(text_is_copied_and_printed),
        cmocka_unit_test(printed_text_leaves_zeros_behind),
        cmocka_unit_test(what_cannot_be_had_is_told),
        cmocka_unit_test(threads_share_no_memory),
    };
    return cmocka_run_group_tests_name("lib/base/arena", tests, NULL, NULL);
}
