/* A session between a program and a server that are both this test; one loop runs all of it. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/proxy/session.h"

#define GUARD_S 30 /* after that a test has failed */
#define OK_200  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define OK_204  "HTTP/1.1 204 No Content\r\n\r\n"

struct bench {
    struct context context;
    struct arena *arena;
    struct session *session; /* NULL when it has ended */
    int program, listener;
    char authority[32];
};

static void on_session(struct session *session, void *argument)
{
    (void)session;
    ((struct bench *)argument)->session = NULL;
}

/* A server's socket on loopback, which a rule names. */
static void listen_and_allow(struct bench *bench)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(bench->listener, 8), 0);
    assert_int_equal(getsockname(bench->listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(bench->authority, sizeof(bench->authority), "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));

    const char **rule = ARENA_NEW(bench->arena, const char *);
    *rule = bench->authority;
    const struct list allow = { rule, 1 }, deny = { NULL, 0 };
    assert_ok(host_rules_parse(&allow, &deny, bench->arena, &bench->context.rules, &err));
}

static void start(struct bench *bench)
{
    int pair[2];
    *bench = (struct bench){ .arena = arena_new() };
    bench->context.base = event_base_new();
    bench->context.report.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    listen_and_allow(bench);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    bench->program = pair[0];
    bench->session = session_start(&bench->context, pair[1], on_session, bench);
}

static void stop(struct bench *bench)
{
    if (bench->session)
        session_cancel(bench->session);
    (void)close(bench->program);
    (void)close(bench->listener);
    (void)close(bench->context.report.fd);
    event_base_free(bench->context.base);
    arena_free(bench->arena);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    int *ready = argument;
    if (*ready == -1)
        *ready = what == EV_READ ? fd : -2;
}

/* Runs the loop until one of two descriptors can be read; which one. */
static int await(struct bench *bench, int one, int other)
{
    const struct timeval guard = { GUARD_S, 0 };
    int ready = -1;
    struct event *first = event_new(bench->context.base, one, EV_READ, on_readable, &ready);
    struct event *second = event_new(bench->context.base, other, EV_READ, on_readable, &ready);
    (void)event_add(first, &guard);
    (void)event_add(second, &guard);
    while (ready == -1)
        (void)event_base_loop(bench->context.base, EVLOOP_ONCE);
    event_free(first);
    event_free(second);
    return ready;
}

/* What the other side has written by now, behind what text holds already. */
static void read_more(int fd, char *text, size_t size)
{
    size_t have = strlen(text);
    ssize_t got = recv(fd, text + have, size - have - 1, 0);
    assert_true(got > 0);
    text[have + (size_t)got] = '\0';
}

static void write_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void ask(struct bench *bench, const char *method)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "%s http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n", method,
                   bench->authority);
    write_text(bench->program, text);
}

/* Takes the connection of the proxy that has to come now. */
static int take(struct bench *bench)
{
    assert_int_equal(await(bench, bench->listener, bench->program), bench->listener);
    int fd = accept4(bench->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* The next request on a server's connection has this method. */
static void expect_request(struct bench *bench, int server, const char *method)
{
    char text[1024] = "";
    assert_int_equal(await(bench, server, bench->program), server);
    read_more(server, text, sizeof(text));
    assert_int_equal(strncmp(text, method, strlen(method)), 0);
    assert_string_equal(text + strlen(text) - 2, "\r\n");
}

/* The next answer that the program gets begins and ends like this. */
static void expect_answer(struct bench *bench, const char *begin, const char *last)
{
    char text[1024] = "";
    assert_int_equal(await(bench, bench->program, bench->listener), bench->program);
    read_more(bench->program, text, sizeof(text));
    assert_int_equal(strncmp(text, begin, strlen(begin)), 0);
    assert_true(strlen(text) >= strlen(last));
    assert_string_equal(text + strlen(text) - strlen(last), last);
}

/* A server's connection that has answered one request and is kept. */
static int keep_connection(struct bench *bench, const char *answer)
{
    ask(bench, "GET");
    int server = take(bench);
    expect_request(bench, server, "GET ");
    write_text(server, answer);
    expect_answer(bench, "HTTP/1.1 200 ", "\r\n\r\nok");
    return server;
}

/* RFC 9110 section 9.2.2: what may have been done must not be done twice. */
static void only_idempotent_requests_are_sent_again_when_a_kept_connection_is_lost(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        bool repeats;
    } cases[] = {
        { "GET", true },    { "HEAD", true },   { "OPTIONS", true },
        { "PUT", true },    { "POST", false },  { "PATCH", false },
        { "PURGE", false }, { "DELETE", true }, { "get", false },
    };
    struct bench bench;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(&bench);
        int kept = keep_connection(&bench, OK_200);
        ask(&bench, cases[i].method);
        expect_request(&bench, kept, cases[i].method);
        (void)close(kept);
        if (cases[i].repeats) {
            int second = take(&bench);
            expect_request(&bench, second, cases[i].method);
            write_text(second, OK_204);
            expect_answer(&bench, "HTTP/1.1 204 ", "\r\n\r\n");
            (void)close(second);
        } else {
            expect_answer(&bench, "HTTP/1.1 502 ", "\n");
        }
        stop(&bench);
    }
}

static void a_kept_connection_takes_the_next_request(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench);
    int kept = keep_connection(&bench, OK_200);
    ask(&bench, "POST");
    expect_request(&bench, kept, "POST ");
    write_text(kept, OK_204);
    expect_answer(&bench, "HTTP/1.1 204 ", "\r\n\r\n");
    (void)close(kept);
    stop(&bench);
}

static void bytes_behind_an_answer_are_not_the_next_one(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench);
    int kept = keep_connection(&bench, OK_200 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale");
    ask(&bench, "GET");
    int second = take(&bench);
    expect_request(&bench, second, "GET ");
    write_text(second, OK_204);
    expect_answer(&bench, "HTTP/1.1 204 ", "\r\n\r\n");
    (void)close(kept);
    (void)close(second);
    stop(&bench);
}

/* All of it lies in the proxy's socket, with the end. */
static void end_and_wait(int server)
{
    int unread = 1;
    assert_int_equal(shutdown(server, SHUT_WR), 0);
    while (unread > 0) {
        (void)poll(NULL, 0, 1);
        assert_int_equal(ioctl(server, SIOCOUTQ, &unread), 0);
    }
}

/* The loop has not looked yet, so the next request, there already, must look for itself. */
static void a_connection_that_has_just_ended_takes_no_request(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench);
    ask(&bench, "GET");
    ask(&bench, "POST");
    int first = take(&bench);
    expect_request(&bench, first, "GET ");
    write_text(first, OK_200);
    end_and_wait(first);
    expect_answer(&bench, "HTTP/1.1 200 ", "\r\n\r\nok");
    int second = take(&bench);
    expect_request(&bench, second, "POST ");
    write_text(second, OK_204);
    expect_answer(&bench, "HTTP/1.1 204 ", "\r\n\r\n");
    (void)close(first);
    (void)close(second);
    stop(&bench);
}

/* CONNECT, what comes behind it, and the end, all before the proxy has looked. */
static void connect_and_end(struct bench *bench, const char *early)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n%s", bench->authority,
                   early);
    write_text(bench->program, text);
    assert_int_equal(shutdown(bench->program, SHUT_WR), 0);
}

static void an_end_during_the_dial_does_not_drop_early_bytes(void **state)
{
    (void)state;
    struct bench bench;
    char text[256] = "";
    start(&bench);
    connect_and_end(&bench, "EHLO a\r\n");
    int server = take(&bench);
    expect_answer(&bench, "HTTP/1.1 200 ", "\r\n\r\n");
    expect_request(&bench, server, "EHLO a\r\n");
    assert_int_equal(await(&bench, server, bench.program), server);
    assert_int_equal(recv(server, text, sizeof(text), 0), 0);
    write_text(server, "250 a\r\n");
    expect_answer(&bench, "250 a\r\n", "250 a\r\n");
    (void)close(server);
    stop(&bench);
}

static void early_bytes_and_the_end_still_hear_of_a_dial_that_fails(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench);
    (void)close(bench.listener);
    bench.listener = open("/dev/null", O_RDONLY | O_CLOEXEC);
    connect_and_end(&bench, "EHLO a\r\n");
    char text[1024] = "";
    assert_int_equal(await(&bench, bench.program, bench.program), bench.program);
    read_more(bench.program, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 502 "));
    stop(&bench);
}

/* Nothing tells it from a program that has gone; its dial is not worth a connection. */
static void an_end_during_the_dial_with_nothing_early_ends_the_session(void **state)
{
    (void)state;
    struct bench bench;
    char text[256];
    start(&bench);
    connect_and_end(&bench, "");
    while (bench.session)
        (void)event_base_loop(bench.context.base, EVLOOP_ONCE);
    assert_int_equal(recv(bench.program, text, sizeof(text), 0), 0);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_idempotent_requests_are_sent_again_when_a_kept_connection_is_lost),
        cmocka_unit_test(a_kept_connection_takes_the_next_request),
        cmocka_unit_test(bytes_behind_an_answer_are_not_the_next_one),
        cmocka_unit_test(a_connection_that_has_just_ended_takes_no_request),
        cmocka_unit_test(an_end_during_the_dial_does_not_drop_early_bytes),
        cmocka_unit_test(early_bytes_and_the_end_still_hear_of_a_dial_that_fails),
        cmocka_unit_test(an_end_during_the_dial_with_nothing_early_ends_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
