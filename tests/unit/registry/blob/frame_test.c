#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "registry/blob/frame.h"

#define ID        "0123456789abcdef0123456789abcdef"
#define OTHER     "0123456789abcdef0123456789abcdee"
#define DIGEST_AT 45
#define LEN_AT    110

static void frame_make(const char *body, char out[1024])
{
    char digest[SHA256_TEXT];
    sha256_hex(body, strlen(body), digest);
    memset(out, 0, 1024);
    frame_head(ID, digest, strlen(body), out);
    memcpy(out + FRAME_HEAD, body, strlen(body));
}

static void what_was_framed_is_found(void **state)
{
    char bytes[1024];
    struct frame frame;
    (void)state;
    frame_make("hello", bytes);
    assert_true(frame_find(ID, bytes, sizeof(bytes), &frame));
    assert_int_equal(frame.len, 5);
    assert_memory_equal(frame.body, "hello", 5);
    assert_true(frame_find(ID, bytes, FRAME_HEAD + 5, &frame)); /* to its last byte */
    frame_make("", bytes);
    assert_true(frame_find(ID, bytes, FRAME_HEAD, &frame));
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
    static const size_t places[] = { 0, 12, DIGEST_AT, LEN_AT, 120, FRAME_HEAD - 1, FRAME_HEAD };
    char bytes[1024];
    struct frame frame;
    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        frame_make("hello", bytes);
        bytes[places[i]] ^= 1;
        assert_false(frame_find(ID, bytes, sizeof(bytes), &frame));
    }
    frame_make("hello", bytes);
    assert_false(frame_find(ID, bytes, FRAME_HEAD + 4, &frame));
    assert_false(frame_find(ID, bytes, FRAME_HEAD - 1, &frame));
}

static void a_length_is_not_believed(void **state)
{
    static const char *const lengths[] = { "6", "18446744073709551615", "99999999999999999", "-1",
                                           "05" };
    char bytes[1024];
    struct frame frame;
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        frame_make("hello", bytes);
        memset(bytes + LEN_AT, ' ', FRAME_HEAD - LEN_AT - 1);
        memcpy(bytes + LEN_AT, lengths[i], strlen(lengths[i]));
        assert_false(frame_find(ID, bytes, sizeof(bytes), &frame));
    }
}

static void a_segment_states_its_id(void **state)
{
    char bytes[FRAME_BLOCK] = { 0 }, id[SEGMENT_ID];
    (void)state;
    segment_head(ID, bytes);
    assert_true(segment_find(bytes, sizeof(bytes), id));
    assert_string_equal(id, ID);
    assert_false(segment_find(bytes, sizeof(bytes) - 1, id));
    for (size_t at = 0; at < FRAME_HEAD; at += 9) {
        segment_head(ID, bytes);
        bytes[at] ^= '@';
        assert_false(segment_find(bytes, sizeof(bytes), id));
    }
}

static void the_frame_of_another_segment_is_none(void **state)
{
    char bytes[1024];
    struct frame frame;
    (void)state;
    frame_make("hello", bytes);
    assert_false(frame_find(OTHER, bytes, sizeof(bytes), &frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_framed_is_found),
        cmocka_unit_test(frames_begin_at_blocks),
        cmocka_unit_test(what_is_torn_is_not_believed),
        cmocka_unit_test(a_length_is_not_believed),
        cmocka_unit_test(a_segment_states_its_id),
        cmocka_unit_test(the_frame_of_another_segment_is_none),
    };
    return cmocka_run_group_tests_name("registry/blob/frame", tests, NULL, NULL);
}
