#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "registry/blob/frame.h"

static void frame_make(const char *body, char out[1024])
{
    char digest[SHA256_TEXT];
    sha256_hex(body, strlen(body), digest);
    memset(out, 0, 1024);
    frame_head(digest, strlen(body), out);
    memcpy(out + FRAME_HEAD, body, strlen(body));
}

static void what_was_framed_is_found(void **state)
{
    char bytes[1024];
    struct frame frame;
    (void)state;
    frame_make("hello", bytes);
    assert_true(frame_find(bytes, sizeof(bytes), &frame));
    assert_int_equal(frame.len, 5);
    assert_memory_equal(frame.body, "hello", 5);
    assert_true(frame_find(bytes, FRAME_HEAD + 5, &frame)); /* to its last byte */
    frame_make("", bytes);
    assert_true(frame_find(bytes, FRAME_HEAD, &frame));
    assert_int_equal(frame.len, 0);
}

static void frames_begin_at_blocks(void **state)
{
    (void)state;
    assert_int_equal(frame_size(0), FRAME_BLOCK);
    assert_int_equal(frame_size(FRAME_BLOCK - FRAME_HEAD), FRAME_BLOCK);
    assert_int_equal(frame_size(FRAME_BLOCK - FRAME_HEAD + 1), 2 * FRAME_BLOCK);
}

static void what_is_torn_is_not_believed(void **state)
{
    static const size_t places[] = { 0, 12, 77, 100, FRAME_HEAD - 1, FRAME_HEAD };
    char bytes[1024];
    struct frame frame;
    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        frame_make("hello", bytes);
        bytes[places[i]] ^= 1;
        assert_false(frame_find(bytes, sizeof(bytes), &frame));
    }
    frame_make("hello", bytes);
    assert_false(frame_find(bytes, FRAME_HEAD + 4, &frame));
    assert_false(frame_find(bytes, FRAME_HEAD - 1, &frame));
}

static void a_length_is_not_believed(void **state)
{
    static const char *const lengths[] = { "6", "18446744073709551615", "99999999999999999999999",
                                           "-1", "05" };
    char bytes[1024];
    struct frame frame;
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        frame_make("hello", bytes);
        memset(bytes + 77, ' ', FRAME_HEAD - 78);
        memcpy(bytes + 77, lengths[i], strlen(lengths[i]));
        assert_false(frame_find(bytes, sizeof(bytes), &frame));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_framed_is_found),
        cmocka_unit_test(frames_begin_at_blocks),
        cmocka_unit_test(what_is_torn_is_not_believed),
        cmocka_unit_test(a_length_is_not_believed),
    };
    return cmocka_run_group_tests_name("registry/blob/frame", tests, NULL, NULL);
}
