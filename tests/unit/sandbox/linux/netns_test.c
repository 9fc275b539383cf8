#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/record.h"
#include "sandbox/linux/netns.h"

void __gcov_dump(void) __attribute__((weak));

__attribute__((noreturn)) static void leave(int status)
{
    if (__gcov_dump)
        __gcov_dump();
    _exit(status);
}

static int tcp_connect(int family, const char *address, uint16_t port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    int fd = socket(family, SOCK_STREAM, 0), result;
    if (family == AF_INET) {
        (void)inet_pton(AF_INET, address, &v4.sin_addr);
        result = connect(fd, (struct sockaddr *)&v4, sizeof(v4));
    } else {
        (void)inet_pton(AF_INET6, address, &v6.sin6_addr);
        result = connect(fd, (struct sockaddr *)&v6, sizeof(v6));
    }
    int sys = result < 0 ? errno : 0;
    (void)close(fd);
    return sys;
}

/* In the child: enters, hands out the door, runs body; status 0 when body says so. */
static void in_namespace(int (*body)(void), int *out_status, int *out_door)
{
    struct netns_plan plan;
    struct netns_failure failure = { .sys = 0 };
    int pair[2], door;
    netns_prepare(&plan);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t child = fork();
    if (child == 0) {
        if (!netns_enter(&plan, &door, &failure) || !netns_send(pair[1], door))
            leave(100 + (int)failure.step);
        (void)close(door);
        leave(body());
    }
    (void)close(pair[1]);
    assert_int_equal(waitpid(child, out_status, 0), child);
    *out_door = netns_receive(pair[0]);
    (void)close(pair[0]);
}

static int body_connects(void)
{
    return tcp_connect(AF_INET, "127.0.0.1", NETNS_DOOR_PORT) == 0 ? 0 : 1;
}

static void the_door_accepts_outside_what_connects_inside(void **state)
{
    (void)state;
    int status, door;
    in_namespace(body_connects, &status, &door);
    assert_int_equal(status, 0);
    assert_true(door >= 0);
    assert_true(fcntl(door, F_GETFD) & FD_CLOEXEC);
    int accepted = accept(door, NULL, NULL);
    assert_true(accepted >= 0);
    (void)close(accepted);
    (void)close(door);
}

static int body_reaches_nothing_else(void)
{
    static const struct {
        int family;
        const char *address;
        uint16_t port;
    } cases[] = {
        { AF_INET, "192.0.2.1", 80 },         { AF_INET, "10.0.0.1", 443 },
        { AF_INET, "169.254.169.254", 80 },   { AF_INET, "127.0.0.1", 22 },
        { AF_INET, "127.0.0.1", 3129 },       { AF_INET6, "2001:db8::1", 80 },
        { AF_INET6, "::1", NETNS_DOOR_PORT },
    };
    for (int i = 0; i < (int)COUNT(cases); i++) {
        int sys = tcp_connect(cases[i].family, cases[i].address, cases[i].port);
        if (sys != ENETUNREACH && sys != ECONNREFUSED && sys != EADDRNOTAVAIL)
            return i + 1;
    }
    struct sockaddr_in dns = { .sin_family = AF_INET, .sin_port = htons(53) };
    (void)inet_pton(AF_INET, "192.0.2.53", &dns.sin_addr);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    ssize_t sent = sendto(udp, "x", 1, 0, (struct sockaddr *)&dns, sizeof(dns));
    return sent < 0 && errno == ENETUNREACH ? 0 : 50;
}

static void nothing_but_the_door_is_reachable(void **state)
{
    (void)state;
    int status, door;
    in_namespace(body_reaches_nothing_else, &status, &door);
    assert_int_equal(status, 0);
    (void)close(door);
}

static void someone_without_privileges_gets_one_inside_a_user_namespace(void **state)
{
    (void)state;
    struct netns_plan plan;
    struct netns_failure failure;
    int door, status;
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            leave(1);
        uid_t uid = geteuid();
        netns_prepare(&plan);
        if (!netns_enter(&plan, &door, &failure))
            leave(100 + (int)failure.step);
        leave(geteuid() == uid ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void probe_agrees_and_failures_are_explained(void **state)
{
    (void)state;
    assert_ok(netns_probe(&err));
    struct error err = { 0 };
    assert_false(netns_explain(&(struct netns_failure){ NETNS_UNSHARE, EPERM }, &err));
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "making a network namespace: "));
    assert_true(err.hint[0] != '\0');
}

static void receive_tells_nothing_yet_from_the_end(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(netns_receive(pair[0]), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(pair[1], "x", 1), 1); /* a byte without a descriptor */
    assert_int_equal(netns_receive(pair[0]), -1);
    assert_int_equal(errno, EPROTO);
    (void)close(pair[1]);
    assert_int_equal(netns_receive(pair[0]), -1);
    assert_int_equal(errno, 0);
    (void)close(pair[0]);
}

int main(void)
{
    struct error err;
    if (!netns_probe(&err)) {
        (void)fprintf(stderr, "skipped: %s\n", err.message);
        return getenv("CI") ? 1 : 77; /* NOLINT(concurrency-mt-unsafe): one thread */
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_door_accepts_outside_what_connects_inside),
        cmocka_unit_test(nothing_but_the_door_is_reachable),
        cmocka_unit_test(someone_without_privileges_gets_one_inside_a_user_namespace),
        cmocka_unit_test(probe_agrees_and_failures_are_explained),
        cmocka_unit_test(receive_tells_nothing_yet_from_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
