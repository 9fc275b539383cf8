#include "tests/support/test.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "registry/http/links.h"

static bool is_open(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Of four, the one that is late is shut: not one that rests, has time, or has yet to send much. */
static void what_is_late_is_shut(void **state)
{
    (void)state;
    int pairs[4][2];
    struct link *open[4];
    struct links *links = links_new(1000);
    int64_t past_us = clock_monotonic_us() - 1001 * CLOCK_SECOND;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        open[i] = link_open(links, pairs[i][0], NULL);
    }
    link_expect(open[0], past_us, 2 * LINK_BYTES_MIN * 1000);
    link_expect(open[1], past_us, 0);
    link_rest(open[1]);
    link_expect(open[3], past_us, LINK_BYTES_MIN - 1);
    char byte;
    assert_int_equal(recv(pairs[3][1], &byte, 1, 0), 0); /* waits for the end */
    for (size_t i = 0; i < 3; i++)
        assert_true(is_open(pairs[i][1]));
    for (size_t i = 0; i < 4; i++) {
        link_close(open[(i + 2) % 4]);
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
    links_free(links);
}

/* The clock of links, as far ahead as a test has set it. */
static _Atomic int64_t ahead_us;

int64_t __real_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void);
int64_t __wrap_clock_monotonic_us(void)
{
    return __real_clock_monotonic_us() + ahead_us;
}

#define TIMEOUT_S 1000

/*
 * What has come at once gives two timeouts and no more, and a byte then and now nothing worth; who
 * keeps up goes on. Two that are late are the last of the list: the others were looked at before.
 */
static void a_body_is_not_held_for_what_came_of_it_at_once(void **state)
{
    (void)state;
    enum { BURST, BYTES, STEADY, RESTS, COUNT_OF_LINKS };
    int pairs[COUNT_OF_LINKS][2];
    struct link *open[COUNT_OF_LINKS];
    struct links *links = links_new(TIMEOUT_S);
    for (size_t i = 0; i < COUNT_OF_LINKS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        open[i] = link_open(links, pairs[i][0], NULL);
    }
    link_rest(open[RESTS]);
    link_receive(open[BURST], (uint64_t)1 << 40);
    for (int64_t s = 0; s < 2; s++) { /* up to 1900 s: nobody is late */
        ahead_us += 950 * CLOCK_SECOND;
        link_receive(open[BURST], 1);
        link_receive(open[BYTES], 950 * LINK_BYTES_MIN);
        link_receive(open[STEADY], 950 * LINK_BYTES_MIN);
        link_receive(open[RESTS], 1); /* does not begin a wait */
    }
    for (size_t i = 0; i < COUNT_OF_LINKS; i++)
        assert_true(is_open(pairs[i][1]));

    for (int s = 0; s < 101; s++)
        link_receive(open[BYTES], 1);
    link_receive(open[STEADY], 1100 * LINK_BYTES_MIN);
    ahead_us += 1050 * CLOCK_SECOND; /* 2950 s: the burst gave until 2000 s, the bytes 2900 s */
    char byte;
    assert_int_equal(recv(pairs[BYTES][1], &byte, 1, 0), 0); /* waits for the end */
    assert_int_equal(recv(pairs[BURST][1], &byte, 1, 0), 0);
    assert_true(is_open(pairs[STEADY][1]));
    assert_true(is_open(pairs[RESTS][1]));
    for (size_t i = 0; i < COUNT_OF_LINKS; i++) {
        link_close(open[i]);
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
    links_free(links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_late_is_shut),
        cmocka_unit_test(a_body_is_not_held_for_what_came_of_it_at_once),
    };
    return cmocka_run_group_tests_name("registry/http/links", tests, NULL, NULL);
}
