/* A tunnel between a program and a server that are both this test; one loop runs all of it. */
#include "tests/support/test.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/record.h"
#include "sandbox/proxy/tunnel.h"

#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n\r\n"
#define TURNS       16 /* of the loop, more than anything here needs */

/* A ClientHello without extensions, so without a name, as an address is greeted. */
static const char hello[] = "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                            "0123456789abcdef0123456789abcdef"
                            "\x00\x00\x02\x13\x01\x01\x00";
#define HELLO_LEN ((size_t)5 + 4 + 2 + 32 + 1 + 4 + 2)

struct bench {
    struct context context;
    struct tunnel *tunnel; /* NULL when it has ended */
    struct tunnel_result result;
    int program, server;
};

static void on_tunnel(const struct tunnel_result *result, void *argument)
{
    struct bench *bench = argument;
    bench->result = *result;
    bench->tunnel = NULL;
}

/* A tunnel to an address on this port, with early bytes; the program has ended when told so. */
static void start(struct bench *bench, uint16_t port, const char *early, size_t early_len, bool end)
{
    int down[2], up[2];
    *bench = (struct bench){ .context.base = event_base_new() };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, down), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, up), 0);
    bench->program = down[0];
    bench->server = up[0];
    if (end)
        assert_int_equal(shutdown(bench->program, SHUT_WR), 0);
    struct tunnel_config config = {
        .context = &bench->context,
        .down = down[1],
        .up = up[1],
        .authority.port = port,
        .early = early,
        .early_len = early_len,
        .done = on_tunnel,
        .argument = bench,
    };
    assert_ok(host_parse("192.0.2.1", 9, &config.authority.host, &err));
    bench->tunnel = tunnel_start(&config);
}

static void stop(struct bench *bench)
{
    if (bench->tunnel)
        tunnel_cancel(bench->tunnel, &bench->result);
    (void)close(bench->program);
    (void)close(bench->server);
    event_base_free(bench->context.base);
}

static void turn(struct bench *bench)
{
    for (int i = 0; i < TURNS; i++)
        (void)event_base_loop(bench->context.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* These bytes have come and no others; behind them is the end, or nothing yet. */
static void expect(int fd, const char *bytes, size_t len, bool ended)
{
    char text[512];
    ssize_t got = recv(fd, text, sizeof(text), 0);
    if (len > 0) {
        assert_int_equal(got, len);
        assert_memory_equal(text, bytes, len);
        got = recv(fd, text, sizeof(text), 0);
    }
    assert_int_equal(got, ended ? 0 : -1);
    if (!ended)
        assert_int_equal(errno, EAGAIN);
}

static void write_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The server may speak first, and only then: docs/proxy.md gives it the time of a closed side. */
static void a_program_that_ends_before_its_first_byte_still_hears_the_server(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, 22, NULL, 0, true);
    turn(&bench);
    assert_non_null(bench.tunnel);
    expect(bench.server, "", 0, true);
    write_text(bench.server, "hello");
    turn(&bench);
    expect(bench.program, ESTABLISHED "hello", strlen(ESTABLISHED "hello"), false);
    assert_int_equal(shutdown(bench.server, SHUT_WR), 0);
    turn(&bench);
    expect(bench.program, "", 0, true);
    assert_null(bench.tunnel);
    assert_int_equal(bench.result.category, PROXY_NONE);
    assert_int_equal(bench.result.bytes_down, 5);
    stop(&bench);
}

static void a_server_that_ended_first_hears_the_end_too(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, 22, NULL, 0, false);
    write_text(bench.server, "hello");
    assert_int_equal(shutdown(bench.server, SHUT_WR), 0);
    turn(&bench);
    assert_non_null(bench.tunnel);
    expect(bench.program, ESTABLISHED "hello", strlen(ESTABLISHED "hello"), true);
    assert_int_equal(shutdown(bench.program, SHUT_WR), 0);
    turn(&bench);
    expect(bench.server, "", 0, true);
    assert_null(bench.tunnel);
    assert_int_equal(bench.result.category, PROXY_NONE);
    stop(&bench);
}

/* What the program has not taken yet waits in the proxy; meanwhile no more is read for it. */
static void a_server_waits_for_its_reader_after_the_first_bytes_too(void **state)
{
    (void)state;
    char block[4096] = { 0 };
    struct bench bench;
    start(&bench, 22, NULL, 0, false);
    while (send(bench.server, block, sizeof(block), MSG_NOSIGNAL) > 0)
        turn(&bench);
    turn(&bench);
    int watched = event_base_get_num_events(bench.context.base, EVENT_BASE_COUNT_ADDED);
    write_text(bench.program, "go on");
    turn(&bench);
    expect(bench.server, "go on", 5, false);
    assert_int_equal(event_base_get_num_events(bench.context.base, EVENT_BASE_COUNT_ADDED),
                     watched);

    uint64_t had = 0;
    ssize_t got;
    for (; (got = recv(bench.program, block, sizeof(block), 0)) > 0; turn(&bench))
        had += (uint64_t)got;
    tunnel_cancel(STEAL(bench.tunnel), &bench.result);
    assert_int_equal(had, bench.result.bytes_down + strlen(ESTABLISHED));
    stop(&bench);
}

/* What waits at the end is judged as it stands: it goes up, or nothing does and the tunnel ends. */
static void the_end_behind_early_bytes_drops_only_what_may_not_pass(void **state)
{
    (void)state;
    static const struct {
        uint16_t port;
        const char *early;
        size_t len;
        bool passes;
        enum proxy_category category;
    } cases[] = {
        { 22, "EHLO a\r\n", 8, true, PROXY_NONE },
        { 22, hello, HELLO_LEN, true, PROXY_NONE },
        { 443, hello, HELLO_LEN, true, PROXY_NONE },
        { 443, "", 0, false, PROXY_NONE },
        { 443, "EHLO a\r\n", 8, false, PROXY_TLS_EXPECTED },
        { 443, hello, HELLO_LEN - 1, false, PROXY_CUT },
        { 22, hello, HELLO_LEN - 1, false, PROXY_CUT },
        { 22, hello, 1, false, PROXY_CUT },
    };
    struct bench bench;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&bench, cases[i].port, cases[i].early, cases[i].len, true);
        turn(&bench);
        assert_int_equal(bench.tunnel != NULL, cases[i].passes);
        assert_int_equal(bench.result.category, cases[i].category);
        expect(bench.server, cases[i].early, cases[i].passes ? cases[i].len : 0, true);
        stop(&bench);
    }
}

/* The same bytes, coming without an end: the tunnel waits where it cannot judge yet. */
static void bytes_without_an_end_pass_or_wait(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, 443, hello, HELLO_LEN - 1, false);
    turn(&bench);
    assert_non_null(bench.tunnel);
    expect(bench.server, "", 0, false);
    assert_int_equal(send(bench.program, hello + HELLO_LEN - 1, 1, 0), 1);
    turn(&bench);
    expect(bench.server, hello, HELLO_LEN, false);
    stop(&bench);

    start(&bench, 22, "EHLO a\r\n", 8, false);
    turn(&bench);
    expect(bench.server, "EHLO a\r\n", 8, false);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_ends_before_its_first_byte_still_hears_the_server),
        cmocka_unit_test(a_server_that_ended_first_hears_the_end_too),
        cmocka_unit_test(a_server_waits_for_its_reader_after_the_first_bytes_too),
        cmocka_unit_test(the_end_behind_early_bytes_drops_only_what_may_not_pass),
        cmocka_unit_test(bytes_without_an_end_pass_or_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
