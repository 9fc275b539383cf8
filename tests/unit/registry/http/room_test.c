#include "tests/support/test.h"

#include "registry/http/room.h"

static void an_account_has_its_part_and_not_that_of_others(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    for (int64_t account = 0; account < 4; account++) {
        assert_ok(room_take(&room, account, ROOM_ACCOUNT_MAX - 1, &err));
        assert_ok(room_take(&room, account, 1, &err));
        assert_fails(room_take(&room, account, 1, &err), RATE_LIMITED);
        assert_ok(room_take(&room, account, 0, &err));
    }
    assert_fails(room_take(&room, 4, 1, &err), UNAVAILABLE);

    room_return(&room, 2, 1);
    assert_fails(room_take(&room, 1, 1, &err), RATE_LIMITED);
    assert_ok(room_take(&room, 4, 1, &err));
    assert_fails(room_take(&room, 2, 1, &err), UNAVAILABLE);
    room_return(&room, 4, 1);
    room_return(&room, 4, 0);
    assert_ok(room_take(&room, 2, 1, &err));
    for (int64_t account = 0; account < 4; account++)
        room_return(&room, account, ROOM_ACCOUNT_MAX);
    room_clear(&room);
}

static void no_number_of_bytes_is_too_large_to_be_refused(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    assert_fails(room_take(&room, 1, UINT64_MAX, &err), RATE_LIMITED);
    assert_ok(room_take(&room, 1, 1, &err));
    assert_fails(room_take(&room, 1, UINT64_MAX, &err), RATE_LIMITED);
    room_return(&room, 1, 1);
    room_clear(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_has_its_part_and_not_that_of_others),
        cmocka_unit_test(no_number_of_bytes_is_too_large_to_be_refused),
    };
    return cmocka_run_group_tests_name("registry/http/room", tests, NULL, NULL);
}
