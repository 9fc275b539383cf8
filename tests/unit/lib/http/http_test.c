#include "tests/support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "lib/http/http.h"

/* A server that gives one prepared answer a connection, and keeps what it was asked. */
static struct {
    const char *const *answers;
    char requests[8][4096];
    unsigned count;
    int listener;
    char base[64];
    pthread_t thread;
} server;

static void request_read(int fd, char *out, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && !strstr(out, "\r\n\r\n")) {
        ssize_t got = read(fd, out + len, size - 1 - len);
        if (got <= 0)
            return;
        len += (size_t)got;
        out[len] = '\0';
    }
}

static void *serve(void *context)
{
    (void)context;
    for (; server.answers[server.count]; server.count++) {
        CLEANUP(closep) int fd = accept(server.listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        const char *answer = server.answers[server.count];
        memset(server.requests[server.count], 0, sizeof(server.requests[0]));
        request_read(fd, server.requests[server.count], sizeof(server.requests[0]));
        (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    }
    return NULL;
}

static void server_start(const char *const *answers)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    server.answers = answers;
    server.count = 0;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(server.base, sizeof(server.base), "http://127.0.0.1:%u",
                   ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void server_stop(void)
{
    (void)shutdown(server.listener, SHUT_RDWR);
    (void)pthread_join(server.thread, NULL);
    (void)close(server.listener);
}

static unsigned pauses, last_pause_ms;

static void pause_note(unsigned ms)
{
    pauses++;
    last_pause_ms = ms;
}

static struct http *client_new(void)
{
    const struct http_setup setup = { .user_agent = "test", .pause = pause_note };
    pauses = 0;
    return http_new(&setup);
}

#define OK_ANSWER(body_len, body) \
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " #body_len "\r\n\r\n" body
#define BUSY "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n"

static void failures_in_passing_are_tried_again(void **state)
{
    (void)state;
    static const char *const answers[] = { BUSY "\r\n", "", OK_ANSWER(2, "hi"), NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    server_start(answers);
    const struct http_request request = { .url = server.base, .bearer = "s3cret" };
    assert_ok(http_send(http, &request, arena, &response, &err));
    server_stop();
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "hi");
    assert_int_equal(pauses, 2);
    assert_non_null(strstr(server.requests[2], "Authorization: Bearer s3cret\r\n"));
    assert_null(strstr(server.requests[2], "X-Nono"));
}

static void the_server_says_how_long_to_wait_but_not_for_ever(void **state)
{
    (void)state;
    static const char *const answers[] = { BUSY "Retry-After: 7\r\n\r\n",
                                           BUSY "Retry-After: 3600\r\n\r\n", NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    server_start(answers);
    const struct http_request request = { .url = server.base };
    assert_ok(http_send(http, &request, arena, &response, &err));
    server_stop();
    assert_int_equal(response.status, 503);
    assert_int_equal(pauses, 1);
    assert_int_equal(last_pause_ms, 7000);
}

static void what_cannot_be_repeated_is_not(void **state)
{
    (void)state;
    static const char *const answers[] = { BUSY "\r\n", NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    server_start(answers);
    const struct http_request request = { .url = server.base,
                                          .method = "POST",
                                          .body = "x",
                                          .body_len = 1,
                                          .content_type = "text/plain" };
    assert_ok(http_send(http, &request, arena, &response, &err));
    server_stop();
    assert_int_equal(response.status, 503);
    assert_int_equal(pauses, 0);
}

static void a_redirect_to_another_origin_goes_without_the_token(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    const char *answers[] = { "", OK_ANSWER(1, "x"), NULL };
    server_start(answers);
    /* Another name of the same machine is another origin. */
    const char *port = strrchr(server.base, ':');
    answers[0] = arena_printf(arena,
                              "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n"
                              "Location: http://localhost%s/there\r\n\r\n",
                              port);
    const struct http_request request = { .url = server.base, .bearer = "s3cret" };
    assert_ok(http_send(http, &request, arena, &response, &err));
    server_stop();
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(server.requests[0], "s3cret"));
    assert_non_null(strstr(server.requests[1], "GET /there "));
    assert_null(strstr(server.requests[1], "s3cret"));
}

static void a_redirect_to_plain_http_elsewhere_is_refused(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 301 Moved\r\nConnection: close\r\nContent-Length: 0\r\n"
        "Location: http://registry.example/\r\n\r\n",
        NULL
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    server_start(answers);
    const struct http_request request = { .url = server.base };
    assert_fails(http_send(http, &request, arena, &response, &err), DENIED);
    server_stop();
}

static void answers_over_the_limit_are_cut_off(void **state)
{
    (void)state;
    static const char *const answers[] = { OK_ANSWER(6, "abcdef"), NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    struct http_response response;
    server_start(answers);
    const struct http_request request = { .url = server.base, .max_bytes = 5 };
    assert_fails(http_send(http, &request, arena, &response, &err), TOO_LARGE);
    server_stop();
}

static void a_broken_download_goes_on_where_it_broke(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"e\"\r\nContent-Length: 6\r\n\r\nabc",
        "HTTP/1.1 206 Partial\r\nConnection: close\r\nETag: \"e\"\r\nContent-Length: 3\r\n\r\ndef",
        NULL
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    CLEANUP(closep) int fd = memfd_create("download", MFD_CLOEXEC);
    const char *etag;
    server_start(answers);
    const struct http_download download = { .url = server.base, .max_bytes = 100 };
    assert_ok(http_download(http, &download, fd, arena, &etag, &err));
    server_stop();
    char text[8] = "";
    assert_int_equal(pread(fd, text, sizeof(text), 0), 6);
    assert_string_equal(text, "abcdef");
    assert_string_equal(etag, "\"e\"");
    assert_non_null(strstr(server.requests[1], "Range: bytes=3-\r\n"));
    assert_non_null(strstr(server.requests[1], "If-Range: \"e\"\r\n"));
}

static void a_download_that_changed_begins_anew(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"f\"\r\nContent-Length: 2\r\n\r\nxy", NULL
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(http_freep) struct http *http = client_new();
    CLEANUP(closep) int fd = memfd_create("download", MFD_CLOEXEC);
    assert_int_equal(write(fd, "abc", 3), 3);
    server_start(answers);
    const struct http_download download = { .url = server.base, .etag = "\"e\"", .max_bytes = 100 };
    assert_ok(http_download(http, &download, fd, arena, NULL, &err));
    server_stop();
    assert_int_equal(lseek(fd, 0, SEEK_END), 2);
}

static void problems_are_told_in_the_servers_words_made_safe(void **state)
{
    (void)state;
    static const char body[] = "{\"detail\":\"no \\u001b[31msuch pack\",\"field\":\"name\","
                               "\"hint\":\"look\"}";
    const struct http_response response = { .status = 404,
                                            .content_type = "application/problem+json",
                                            .body = body,
                                            .body_len = sizeof(body) - 1 };
    struct error err;
    assert_false(http_require(&response, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(err.message, "no \\x1b[31msuch pack");
    assert_string_equal(err.field, "name");
    assert_string_equal(err.hint, "look");
    const struct http_response html = {
        .status = 500, .content_type = "text/html", .body = "<x>", .body_len = 3
    };
    assert_false(http_require(&html, &err));
    assert_string_equal(err.message, "the server answered with status 500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_passing_are_tried_again),
        cmocka_unit_test(the_server_says_how_long_to_wait_but_not_for_ever),
        cmocka_unit_test(what_cannot_be_repeated_is_not),
        cmocka_unit_test(a_redirect_to_another_origin_goes_without_the_token),
        cmocka_unit_test(a_redirect_to_plain_http_elsewhere_is_refused),
        cmocka_unit_test(answers_over_the_limit_are_cut_off),
        cmocka_unit_test(a_broken_download_goes_on_where_it_broke),
        cmocka_unit_test(a_download_that_changed_begins_anew),
        cmocka_unit_test(problems_are_told_in_the_servers_words_made_safe),
    };
    return cmocka_run_group_tests_name("lib/http/http", tests, NULL, NULL);
}
