#include "sandbox/run/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/json/json.h"
#include "sandbox/policy/host_rules.h"

#define STOP_WAIT_MS   2000
#define FIRST_SPARE_FD 16 /* above the numbers that the proxy's descriptors get */

struct run_proxy {
    char *program;
    run_proxy_report *report;
    void *context;
    struct netns_plan plan;
    int policy;  /* memfd */
    int ends[2]; /* socket pair: the door comes to [0] from the child, which holds [1] */
    int door;    /* -1 until it has come, and when it is shut */
    int events;  /* -1 while no proxy runs */
    pid_t pid;   /* 0 while no proxy runs */
    bool shut;   /* the proxy failed; it is not started again */
    char line[PROXY_EVENT_MAX_BYTES];
    size_t line_len;
};

static void close_fd(int *fd)
{
    closep(fd);
    *fd = -1;
}

/* A sealed memory file: the proxy may read it at its leisure and nobody can change it. */
static bool policy_file(const struct proxy_policy *policy, int *out, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules;
    if (!host_rules_parse(&policy->allow_hosts, &policy->deny_hosts, arena, &rules, err))
        return false;
    const char *text = json_encode(&proxy_policy_record, policy, arena);
    size_t len = strlen(text);
    if (len > PROXY_POLICY_MAX_BYTES)
        return error_set(err, TOO_LARGE, "the host rules are over %zu bytes",
                         PROXY_POLICY_MAX_BYTES);

    CLEANUP(closep) int fd = memfd_create("nono-proxy-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return error_set_errno(err, "memfd_create");
    if (!file_write_all(fd, text, len, err))
        return error_prefix(err, "the policy of the proxy");
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0 ||
        lseek(fd, 0, SEEK_SET) < 0)
        return error_set_errno(err, "sealing the policy");
    *out = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    return *out >= 0 ? true : error_set_errno(err, "dup");
}

bool run_proxy_new(const struct run_proxy_config *config, struct run_proxy **out, struct error *err)
{
    if (faccessat(AT_FDCWD, config->program, X_OK, AT_EACCESS) < 0)
        return error_raise(err, ERROR_UNAVAILABLE, errno, ERROR_HERE, "no proxy program at %s",
                           config->program);

    CLEANUP(run_proxy_freep) struct run_proxy *proxy = xnew(struct run_proxy);
    proxy->policy = proxy->door = proxy->events = proxy->ends[0] = proxy->ends[1] = -1;
    if (!policy_file(config->policy, &proxy->policy, err))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, proxy->ends) < 0)
        return error_set_errno(err, "socketpair");
    proxy->program = xstrdup(config->program);
    proxy->report = config->report;
    proxy->context = config->context;
    netns_prepare(&proxy->plan);
    *out = STEAL(proxy);
    return true;
}

static void reap(struct run_proxy *proxy)
{
    while (proxy->pid > 0 && waitpid(proxy->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    proxy->pid = 0;
}

void run_proxy_free(struct run_proxy *proxy)
{
    if (!proxy)
        return;
    if (proxy->pid > 0)
        (void)kill(proxy->pid, SIGKILL);
    reap(proxy);
    closep(&proxy->policy);
    closep(&proxy->ends[0]);
    closep(&proxy->ends[1]);
    closep(&proxy->door);
    closep(&proxy->events);
    free(proxy->program);
    free(proxy);
}

bool run_proxy_enter(const struct run_proxy *proxy, struct netns_failure *failure)
{
    int door;
    if (!netns_enter(&proxy->plan, &door, failure))
        return false;
    bool sent = netns_send(proxy->ends[1], door);
    *failure = (struct netns_failure){ .step = NETNS_SEND, .sys = errno };
    (void)close(door);
    return sent;
}

void run_proxy_started(struct run_proxy *proxy)
{
    close_fd(&proxy->ends[1]);
}

size_t run_proxy_poll(const struct run_proxy *proxy, struct pollfd fds[RUN_PROXY_POLL_MAX])
{
    size_t count = 0;
    if (proxy->ends[0] >= 0)
        fds[count++] = (struct pollfd){ .fd = proxy->ends[0], .events = POLLIN };
    else if (proxy->door >= 0 && proxy->pid == 0)
        fds[count++] = (struct pollfd){ .fd = proxy->door, .events = POLLIN };
    if (proxy->events >= 0)
        fds[count++] = (struct pollfd){ .fd = proxy->events, .events = POLLIN };
    return count;
}

static void door_take(struct run_proxy *proxy)
{
    int door = netns_receive(proxy->ends[0]);
    if (door < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    /* none at the end: the child failed before; it has said so on its own pipe */
    close_fd(&proxy->ends[0]);
    if (door < 0)
        return;
    proxy->door = fcntl(door, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    (void)close(door);
}

static bool knocked(const struct run_proxy *proxy)
{
    struct pollfd door = { .fd = proxy->door, .events = POLLIN };
    return proxy->door >= 0 && proxy->pid == 0 && poll(&door, 1, 0) == 1;
}

/* No shell, no search, no environment, a session of its own so that Ctrl-C does not reach it. */
static int spawn(struct run_proxy *proxy, int events)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *argv[] = { (char[]){ "nono-proxy" }, NULL }, *environment[] = { NULL };

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    int sys = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    if (sys == 0)
        sys = posix_spawn_file_actions_adddup2(&actions, 0, 1);
    if (sys == 0)
        sys = posix_spawn_file_actions_adddup2(&actions, proxy->door, PROXY_FD_LISTENER);
    if (sys == 0)
        sys = posix_spawn_file_actions_adddup2(&actions, proxy->policy, PROXY_FD_POLICY);
    if (sys == 0)
        sys = posix_spawn_file_actions_adddup2(&actions, events, PROXY_FD_EVENTS);
    if (sys == 0 && syscall(SYS_close_range, PROXY_FD_EVENTS + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        sys = errno;
    if (sys == 0)
        sys = posix_spawnattr_setsigmask(&attributes, &none);
    if (sys == 0)
        sys = posix_spawnattr_setsigdefault(&attributes, &all);
    if (sys == 0)
        sys = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                        POSIX_SPAWN_SETSID);
    if (sys == 0)
        sys = posix_spawn(&proxy->pid, proxy->program, &actions, &attributes, argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return sys;
}

static bool start(struct run_proxy *proxy, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    CLEANUP(closep) int from = ends[0];
    CLEANUP(closep) int to = ends[1];
    CLEANUP(closep) int to_high = fcntl(to, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int events = fcntl(from, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int sys = to_high < 0 || events < 0 ? errno : spawn(proxy, to_high);
    if (sys != 0) {
        closep(&events);
        proxy->pid = 0;
        errno = sys;
        return error_set_errno(err, "starting %s", proxy->program);
    }
    (void)fcntl(events, F_SETFL, O_NONBLOCK);
    proxy->events = events;
    return true;
}

static void report_line(struct run_proxy *proxy, const char *line, size_t len)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct proxy_event event;
    struct error err;
    if (!json_decode(line, len, &proxy_event_record, arena, &event, &err))
        event = (struct proxy_event){ .event = PROXY_FAILED,
                                      .time = clock_now_us(),
                                      .reason = "the proxy sent an event that cannot be read" };
    proxy->report(&event, proxy->context);
}

static void report_lines(struct run_proxy *proxy)
{
    char *begin = proxy->line, *end = proxy->line + proxy->line_len;
    for (char *newline; (newline = memchr(begin, '\n', (size_t)(end - begin))); begin = newline + 1)
        report_line(proxy, begin, (size_t)(newline - begin));
    proxy->line_len = (size_t)(end - begin);
    memmove(proxy->line, begin, proxy->line_len);
    if (proxy->line_len == sizeof(proxy->line)) { /* longer than any event: unreadable */
        report_line(proxy, "", 0);
        proxy->line_len = 0;
    }
}

/* False at the end of the proxy. */
static bool events_read(struct run_proxy *proxy)
{
    for (;;) {
        ssize_t got = read(proxy->events, proxy->line + proxy->line_len,
                           sizeof(proxy->line) - proxy->line_len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        proxy->line_len += (size_t)got;
        report_lines(proxy);
    }
}

static void shut(struct run_proxy *proxy)
{
    proxy->shut = true;
    close_fd(&proxy->door);
    if (proxy->pid > 0)
        (void)kill(proxy->pid, SIGKILL);
    reap(proxy);
}

bool run_proxy_serve(struct run_proxy *proxy, struct error *err)
{
    if (proxy->ends[0] >= 0)
        door_take(proxy);
    if (!proxy->shut && knocked(proxy) && !start(proxy, err)) {
        shut(proxy);
        return false;
    }
    if (proxy->events >= 0 && !events_read(proxy)) {
        close_fd(&proxy->events);
        shut(proxy);
        return error_set(err, UNAVAILABLE, "the proxy ended; the network is shut for this run");
    }
    return true;
}

pid_t run_proxy_pid(const struct run_proxy *proxy)
{
    return proxy->pid > 0 ? proxy->pid : 0;
}

void run_proxy_stop(struct run_proxy *proxy)
{
    close_fd(&proxy->door);
    if (proxy->pid > 0)
        (void)kill(proxy->pid, SIGTERM);
    int64_t end = clock_monotonic_us() + STOP_WAIT_MS * (CLOCK_SECOND / 1000);
    while (proxy->events >= 0) {
        int64_t left_ms = (end - clock_monotonic_us()) / 1000;
        struct pollfd events = { .fd = proxy->events, .events = POLLIN };
        if (left_ms <= 0 || poll(&events, 1, (int)left_ms) == 0)
            break;
        if (!events_read(proxy))
            close_fd(&proxy->events);
    }
    shut(proxy);
}
