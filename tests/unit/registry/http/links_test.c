#include "tests/support/test.h"

#include <errno.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_late_is_shut) };
    return cmocka_run_group_tests_name("registry/http/links", tests, NULL, NULL);
}
