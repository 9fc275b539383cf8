#include "tests/support/test.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char zeroes[100000];
    (void)state;
    for (size_t size = 1; size < sizeof(zeroes); size = size * 3 + 1) {
        char *bytes = arena_alloc(arena, size, 1);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        assert_memory_equal(bytes, zeroes, size);
        memset(bytes, 'x', size);
    }
}

/* One large piece between small ones does not part them: they share a block. */
static void large_pieces_leave_the_block_in_hand(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)state;
    char *before = arena_alloc(arena, 16, 1);
    char *large = arena_alloc(arena, 1, 1000000);
    char *after = arena_alloc(arena, 16, 1);
    assert_ptr_equal(after, before + 16);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(large_pieces_leave_the_block_in_hand),
        cmocka_unit_test(text_is_copied_and_printed),
    };
    return cmocka_run_group_tests_name("lib/base/arena", tests, NULL, NULL);
}
