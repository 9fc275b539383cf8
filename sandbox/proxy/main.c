/*
 * nono-proxy: serves the door of one sandbox. Started by the supervisor alone, with the
 * descriptors of sandbox/policy/proxy.h; it takes no arguments and reads no environment.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/json/json.h"
#include "sandbox/proxy/confine.h"
#include "sandbox/proxy/server.h"

static bool descriptors_check(struct error *err)
{
    struct stat listener, events;
    if (fstat(PROXY_FD_LISTENER, &listener) < 0 || !S_ISSOCK(listener.st_mode) ||
        fstat(PROXY_FD_EVENTS, &events) < 0 || !S_ISFIFO(events.st_mode))
        return error_set(err, INVALID, "nono-proxy is started by nono, not by people");
    return true;
}

static bool policy_read(struct arena *arena, struct host_rules *out, struct error *err)
{
    const char *text;
    size_t len;
    struct proxy_policy policy;
    if (!file_read(PROXY_FD_POLICY, PROXY_POLICY_MAX_BYTES, arena, &text, &len, err) ||
        !json_decode(text, len, &proxy_policy_record, arena, &policy, err))
        return error_prefix(err, "policy");
    (void)close(PROXY_FD_POLICY);
    return host_rules_parse(&policy.allow_hosts, &policy.deny_hosts, arena, out, err);
}

int main(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct host_rules rules;
    struct error err;
    (void)signal(SIGPIPE, SIG_IGN);
    if (!descriptors_check(&err)) {
        (void)fprintf(stderr, "nono-proxy: %s\n", err.message);
        return 64;
    }
    struct report report = { .fd = PROXY_FD_EVENTS };
    bool served = confine(&err) && policy_read(arena, &rules, &err) &&
                  server_run(PROXY_FD_LISTENER, PROXY_FD_EVENTS, &rules, &err);
    if (!served)
        report_failure(&report, err.message);
    confine_end();
    return served ? 0 : 70;
}
