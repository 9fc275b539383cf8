/* USES sandbox/linux */
/* The supervisor's side with the real nono-proxy and real namespaces. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/run/proxy.h"

void __gcov_dump(void) __attribute__((weak));

static const char *allow[] = { "127.0.0.1:1", "example.invalid" };
static const struct proxy_policy policy = { .allow_hosts = { allow, COUNT(allow) } };

struct log {
    unsigned ready, decisions, failed;
    enum proxy_category category[8];
    char host[8][64];
};

static void note(const struct proxy_event *event, void *context)
{
    struct log *log = context;
    log->ready += event->event == PROXY_READY;
    log->failed += event->event == PROXY_FAILED;
    if (event->event != PROXY_DECISION || log->decisions == 8)
        return;
    log->category[log->decisions] = (enum proxy_category)event->category;
    (void)snprintf(log->host[log->decisions++], 64, "%s", event->host ? event->host : "");
}

/* build/<preset>/libexec/nono/nono-proxy, seen from build/<preset>/tests/<this>. */
static const char *program(void)
{
    static char self[PATH_MAX], path[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(len > 0);
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    (void)snprintf(path, sizeof(path), "%s/../libexec/nono/nono-proxy", self);
    return path;
}

/* One request to the door; the status line goes to text. */
static bool ask(const char *request, char *text, size_t size)
{
    struct sockaddr_in door = { .sin_family = AF_INET, .sin_port = htons(NETNS_DOOR_PORT) };
    door.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool fine = connect(fd, (struct sockaddr *)&door, sizeof(door)) == 0 &&
                write(fd, request, strlen(request)) == (ssize_t)strlen(request);
    ssize_t len = fine ? read(fd, text, size - 1) : -1;
    text[len > 0 ? len : 0] = '\0';
    (void)close(fd);
    return len > 0;
}

__attribute__((noreturn)) static void leave(int status)
{
    if (__gcov_dump)
        __gcov_dump();
    _exit(status);
}

static void child(const struct run_proxy *proxy, const char *const *requests, size_t count)
{
    struct netns_failure failure;
    char text[512];
    if (!run_proxy_enter(proxy, &failure))
        leave(100 + (int)failure.step);
    for (size_t i = 0; i < count; i++) {
        if (!ask(requests[i], text, sizeof(text)) || strncmp(text, "HTTP/1.1 ", 9) != 0)
            leave((int)i + 1);
    }
    leave(0);
}

/* Runs a program that sends requests, with the supervisor's loop around it; its wait status. */
static int supervise(struct run_proxy *proxy, const char *const *requests, size_t count)
{
    int alive[2], status;
    assert_int_equal(pipe(alive), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(alive[0]);
        child(proxy, requests, count);
    }
    (void)close(alive[1]);
    run_proxy_started(proxy);
    for (;;) {
        struct pollfd fds[RUN_PROXY_POLL_MAX + 1];
        size_t used = run_proxy_poll(proxy, fds);
        fds[used] = (struct pollfd){ .fd = alive[0], .events = POLLIN };
        assert_true(poll(fds, used + 1, 20000) > 0);
        assert_ok(run_proxy_serve(proxy, &err));
        if (fds[used].revents)
            break;
    }
    (void)close(alive[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    run_proxy_stop(proxy);
    return status;
}

static struct run_proxy *proxy_new(struct log *log)
{
    struct run_proxy *proxy;
    struct run_proxy_config config = { program(), &policy, note, log };
    assert_ok(run_proxy_new(&config, &proxy, &err));
    return proxy;
}

static void what_is_asked_inside_is_judged_outside_and_reported(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n",
        "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    };
    static const enum proxy_category expected[] = { PROXY_HOST_NOT_ALLOWED, PROXY_METADATA,
                                                    PROXY_CONNECT_FAILED, PROXY_BAD_REQUEST };
    struct log log = { 0 };
    CLEANUP(run_proxy_freep) struct run_proxy *proxy = proxy_new(&log);
    assert_int_equal(supervise(proxy, requests, COUNT(requests)), 0);
    assert_int_equal(log.ready, 1);
    assert_int_equal(log.failed, 0);
    assert_int_equal(log.decisions, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(log.category[i], expected[i]);
    assert_string_equal(log.host[0], "example.org");
}

static void without_a_connection_no_proxy_is_started(void **state)
{
    (void)state;
    struct log log = { 0 };
    CLEANUP(run_proxy_freep) struct run_proxy *proxy = proxy_new(&log);
    assert_int_equal(supervise(proxy, NULL, 0), 0);
    assert_int_equal(log.ready, 0);
}

static void rules_and_program_are_checked_before_the_run(void **state)
{
    (void)state;
    static const char *bad[] = { "https://example.org" };
    struct proxy_policy wrong = { .allow_hosts = { bad, 1 } };
    struct run_proxy *proxy;
    struct run_proxy_config config = { program(), &wrong, note, NULL };
    assert_fails(run_proxy_new(&config, &proxy, &err), INVALID);
    config = (struct run_proxy_config){ "/nonexistent/nono-proxy", &policy, note, NULL };
    assert_fails(run_proxy_new(&config, &proxy, &err), UNAVAILABLE);
}

static void a_proxy_that_dies_shuts_the_door(void **state)
{
    (void)state;
    struct log log = { 0 };
    struct run_proxy *proxy;
    struct run_proxy_config config = { "/bin/true", &policy, note, &log };
    assert_ok(run_proxy_new(&config, &proxy, &err));
    int go[2], status;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char text[64];
        struct netns_failure failure;
        if (!run_proxy_enter(proxy, &failure))
            leave(100 + (int)failure.step);
        (void)ask("GET http://a/ HTTP/1.1\r\n\r\n", text, sizeof(text));
        (void)read(go[0], text, 1); /* the door is shut now: refused at once */
        leave(ask("GET http://a/ HTTP/1.1\r\n\r\n", text, sizeof(text)) ? 1 : 0);
    }
    run_proxy_started(proxy);
    struct error err = { 0 };
    for (bool fine = true; fine;) {
        struct pollfd fds[RUN_PROXY_POLL_MAX];
        assert_true(poll(fds, run_proxy_poll(proxy, fds), 20000) > 0);
        fine = run_proxy_serve(proxy, &err);
    }
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(run_proxy_poll(proxy, (struct pollfd[RUN_PROXY_POLL_MAX]){ 0 }), 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    run_proxy_free(proxy);
}

int main(void)
{
    struct error err;
    if (!netns_probe(&err)) {
        (void)fprintf(stderr, "skipped: %s\n", err.message);
        return getenv("CI") ? 1 : 77; /* NOLINT(concurrency-mt-unsafe): one thread */
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_inside_is_judged_outside_and_reported),
        cmocka_unit_test(without_a_connection_no_proxy_is_started),
        cmocka_unit_test(rules_and_program_are_checked_before_the_run),
        cmocka_unit_test(a_proxy_that_dies_shuts_the_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
