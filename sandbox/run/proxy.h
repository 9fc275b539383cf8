/*
 * The supervisor's side of nono-proxy: the program's network namespace, its door, and the proxy
 * process that serves the door from outside.
 *
 * Order of calls:
 *
 *     run_proxy_new(...)                        before fork
 *     run_proxy_enter(proxy, &failure)          in the child (landlock-practice: unshare step)
 *     run_proxy_started(proxy)                  in the parent, after fork
 *     loop: run_proxy_poll(...), poll(2), run_proxy_serve(...)
 *     run_proxy_stop(proxy)                     when the program has ended
 *     run_proxy_free(proxy)
 *
 * nono-proxy is started when the first connection knocks, never before. It dies with the
 * supervisor. It gets no environment, no terminal and no descriptor but the door, the policy and
 * the event pipe. One object serves one run; not for use by several threads.
 */
#pragma once

#include <poll.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "sandbox/linux/netns.h"
#include "sandbox/policy/proxy.h"

struct run_proxy;

/* Each event of the proxy, checked against its record; texts are valid during the call. */
typedef void run_proxy_report(const struct proxy_event *event, void *context);

struct run_proxy_config {
    const char *program;               /* path of nono-proxy; copied */
    const struct proxy_policy *policy; /* copied; its rules are checked here */
    run_proxy_report *report;
    void *context;
};

/*
 * NAME=VALUE for the program, and what must be taken out of its environment: the same names.
 * allow_hosts: const char *, the rules. NULL-terminated, in arena.
 */
const char *const *run_proxy_environment(const struct list *allow_hosts, struct arena *arena);

/* INVALID for a rule that cannot be read, UNAVAILABLE when there is no nono-proxy to start. */
bool run_proxy_new(const struct run_proxy_config *config, struct run_proxy **out, struct error *err)
    MUST_CHECK;
void run_proxy_free(struct run_proxy *proxy); /* kills the proxy if it still runs */
DEFINE_CLEANUP(struct run_proxy *, run_proxy_free)

/*
 * In the child: enters the namespaces (see netns_enter) and hands the door to the parent. System
 * calls only. On failure the child must not go on; the parent tells why by netns_explain.
 */
bool run_proxy_enter(const struct run_proxy *proxy, struct netns_failure *failure) MUST_CHECK;

/* In the parent: closes the child's end. */
void run_proxy_started(struct run_proxy *proxy);

#define RUN_PROXY_POLL_MAX 2
/* The descriptors to wait for before run_proxy_serve; returns how many of fds were filled. */
size_t run_proxy_poll(const struct run_proxy *proxy, struct pollfd fds[RUN_PROXY_POLL_MAX]);
/*
 * Does what is due, without waiting. Fails when the proxy could not be started or has died; the
 * door is then shut for the rest of the run (connections inside are refused), which is reported
 * once.
 */
bool run_proxy_serve(struct run_proxy *proxy, struct error *err) MUST_CHECK;

/* Its process, or 0 while there is none. */
pid_t run_proxy_pid(const struct run_proxy *proxy);

/* Ends the proxy and reports its last events; waits at most two seconds. */
void run_proxy_stop(struct run_proxy *proxy);
