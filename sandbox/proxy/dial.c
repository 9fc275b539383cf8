#include "sandbox/proxy/dial.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "sandbox/proxy/resolver.h"

struct attempt {
    struct dial *dial;
    int fd; /* -1 when it is not under way */
    struct event *writable;
};

struct dial {
    struct context *context;
    struct authority authority;
    dial_done *done;
    void *argument;
    struct lookup *lookup; /* NULL when none runs */
    struct event *deadline, *stagger;
    struct host addresses[RESOLVER_ADDRESSES_MAX];
    size_t count, next; /* next to be tried */
    size_t pending;
    struct attempt attempts[RESOLVER_ADDRESSES_MAX];
    int sys; /* of the last attempt that failed */
};

void dial_cancel(struct dial *dial)
{
    if (dial->lookup)
        lookup_cancel(dial->lookup);
    for (size_t i = 0; i < dial->next; i++) {
        if (dial->attempts[i].writable)
            event_free(dial->attempts[i].writable);
        closep(&dial->attempts[i].fd);
    }
    event_free(dial->deadline);
    event_free(dial->stagger);
    free(dial);
}

static void finish(struct dial *dial, struct dial_result *result)
{
    dial_done *done = dial->done;
    void *argument = dial->argument;
    dial_cancel(dial);
    done(result, argument);
}

static void fail(struct dial *dial, enum proxy_category category, const char *reason)
{
    struct dial_result result = { .fd = -1, .category = category, .judgement.allowed = true };
    (void)snprintf(result.reason, sizeof(result.reason), "%.100s: %.80s", dial->authority.host.text,
                   reason);
    finish(dial, &result);
}

static void succeed(struct dial *dial, struct attempt *attempt)
{
    struct dial_result result = { .fd = attempt->fd, .judgement.allowed = true };
    result.address = dial->addresses[attempt - dial->attempts];
    attempt->fd = -1;
    finish(dial, &result);
}

static int socket_connect(const struct host *host, uint16_t port)
{
    struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool six = host->kind == HOST_IPV6;
    if (six)
        ipv6.sin6_addr = host->ipv6;
    else
        ipv4.sin_addr = host->ipv4;
    const struct sockaddr *address =
        six ? (const struct sockaddr *)&ipv6 : (const struct sockaddr *)&ipv4;

    int on = 1;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (connect(fd, address, six ? sizeof(ipv6) : sizeof(ipv4)) == 0 || errno == EINPROGRESS)
        return fd;
    int sys = errno;
    (void)close(fd);
    errno = sys;
    return -1;
}

static void on_writable(evutil_socket_t fd, short what, void *argument);

/* Starts the next address that can be started; with none left and none pending, gives up. */
static void try_next(struct dial *dial)
{
    const struct timeval stagger = { 0, DIAL_STAGGER_MS * 1000L };
    while (dial->next < dial->count) {
        struct attempt *attempt = &dial->attempts[dial->next];
        *attempt = (struct attempt){ .dial = dial };
        attempt->fd = socket_connect(&dial->addresses[dial->next], dial->authority.port);
        dial->next++;
        if (attempt->fd < 0) {
            dial->sys = errno;
            continue;
        }
        attempt->writable =
            event_new(dial->context->base, attempt->fd, EV_WRITE, on_writable, attempt);
        (void)event_add(attempt->writable, NULL);
        dial->pending++;
        (void)evtimer_add(dial->stagger, &stagger);
        return;
    }
    if (dial->pending == 0)
        fail(dial, PROXY_CONNECT_FAILED, strerrordesc_np(dial->sys));
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct attempt *attempt = argument;
    struct dial *dial = attempt->dial;
    socklen_t len = sizeof(dial->sys);
    int sys = 0;
    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len);
    if (sys == 0) {
        succeed(dial, attempt);
        return;
    }
    dial->sys = sys;
    dial->pending--;
    event_free(attempt->writable);
    attempt->writable = NULL;
    (void)close(attempt->fd);
    attempt->fd = -1;
    try_next(dial);
}

static void on_stagger(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    try_next(argument);
}

static void on_deadline(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct dial *dial = argument;
    fail(dial, PROXY_TIMEOUT, dial->lookup ? "the look-up took too long" : "no answer");
}

static void judge_and_connect(struct dial *dial)
{
    for (size_t i = 0; i < dial->count; i++) {
        struct dial_result result = { .fd = -1 };
        host_rules_judge_address(&dial->context->rules, &dial->authority, &dial->addresses[i],
                                 &result.judgement);
        if (result.judgement.allowed)
            continue;
        result.category = result.judgement.category;
        memcpy(result.reason, result.judgement.reason, sizeof(result.reason));
        finish(dial, &result);
        return;
    }
    try_next(dial);
}

static void on_addresses(const struct host *addresses, size_t count, const char *failure,
                         void *argument)
{
    struct dial *dial = argument;
    dial->lookup = NULL;
    if (failure) {
        fail(dial, PROXY_NAME_UNRESOLVED, failure);
        return;
    }
    memcpy(dial->addresses, addresses, count * sizeof(*addresses));
    dial->count = count;
    judge_and_connect(dial);
}

/* What needs no look-up waits for the loop's next turn, as every other result does. */
static void on_known(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct dial *dial = argument;
    (void)event_assign(dial->stagger, dial->context->base, -1, 0, on_stagger, dial);
    judge_and_connect(dial);
}

struct dial *dial_start(struct context *context, const struct authority *authority, dial_done *done,
                        void *argument)
{
    const struct timeval limit = { CONNECT_TIMEOUT_S, 0 }, now = { 0, 0 };
    struct dial *dial = xnew(struct dial);
    dial->context = context;
    dial->authority = *authority;
    dial->done = done;
    dial->argument = argument;
    dial->count = host_addresses(&authority->host, dial->addresses);
    dial->deadline = evtimer_new(context->base, on_deadline, dial);
    dial->stagger = evtimer_new(context->base, dial->count ? on_known : on_stagger, dial);
    (void)evtimer_add(dial->deadline, &limit);
    if (dial->count)
        (void)evtimer_add(dial->stagger, &now);
    else
        dial->lookup = resolver_start(context->resolver, authority->host.text, on_addresses, dial);
    return dial;
}
