#include "tests/support/test.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/pack/names.h"

/* As names.c finds its place for a name at the root, so that many can be made for one. */
static unsigned place_of(const char *name)
{
    uint64_t hash = 1469598103934665603U;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211U;
    return (unsigned)(hash ^ hash >> 32) & 4095;
}

/* Names that were chosen to meet would be compared each with each. */
static void names_that_all_meet_are_left(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct names *names = names_new(arena);
    size_t added = 0;
    char name[] = "aaaaaa";
    for (unsigned i = 0; added < 6000; i++) {
        for (unsigned digit = 0; digit < 6; digit++)
            name[digit] = (char)('a' + (i >> 4 * digit & 15));
        if (place_of(name) != 7)
            continue;
        struct error fault;
        if (!names_add(names, arena_strndup(arena, name, strlen(name)), &fault)) {
            assert_int_equal(fault.kind, ERROR_TOO_LARGE);
            break;
        }
        added++;
    }
    assert_in_range(added, 1000, 4000);
}

/* As many names as an archive may have, and as deep, are no trouble. */
static void names_that_nobody_chose_are_taken(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct names *names = names_new(arena);
    for (unsigned i = 0; i < 10000; i++) {
        const char *path = arena_printf(arena, "%u", i);
        for (unsigned depth = 1; depth < 32; depth++)
            path = arena_printf(arena, "%s/%u", path, depth);
        assert_ok(names_add(names, path, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_all_meet_are_left),
        cmocka_unit_test(names_that_nobody_chose_are_taken),
    };
    return cmocka_run_group_tests_name("lib/pack/names", tests, NULL, NULL);
}
