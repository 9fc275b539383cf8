#include <string.h>

#include "lib/base/record.h"
#include "lib/base/text.h"
#include "sandbox/linux/netns.h"
#include "sandbox/run/proxy.h"

#define DOOR_URL "http://127.0.0.1:3128"
_Static_assert(NETNS_DOOR_PORT == 3128, "DOOR_URL names the port");

/* A rule for this very host, with a port or without. */
static bool rule_names(const char *rule, const char *host)
{
    size_t len = strlen(host);
    bool brackets = *rule == '[';
    if (!text_starts(rule + brackets, host))
        return false;
    char next = rule[brackets + len];
    return next == '\0' || next == ':' || (brackets && next == ']');
}

static bool is_allowed(const struct list *allow_hosts, const char *host)
{
    LIST_FOREACH (*allow_hosts, const char *, rule)
        if (rule_names(*rule, host))
            return true;
    return false;
}

/*
 * A program's own servers on its own loopback stay reachable without the proxy. What a rule allows
 * of these names is outside, behind the proxy.
 */
static const char *not_proxied(const struct list *allow_hosts, struct arena *arena)
{
    static const char *const own[] = { "localhost", "127.0.0.1", "::1" };
    const char *text = "";
    for (size_t i = 0; i < COUNT(own); i++)
        if (!is_allowed(allow_hosts, own[i]))
            text = arena_printf(arena, "%s%s%s", text, *text ? "," : "", own[i]);
    return text;
}

const char *const *run_proxy_environment(const struct list *allow_hosts, struct arena *arena)
{
    static const char *const proxied[] = {
        "HTTP_PROXY=" DOOR_URL, "HTTPS_PROXY=" DOOR_URL, "ALL_PROXY=" DOOR_URL,
        "http_proxy=" DOOR_URL, "https_proxy=" DOOR_URL, "all_proxy=" DOOR_URL,
        "NODE_USE_ENV_PROXY=1",
    };
    const char *names = not_proxied(allow_hosts, arena);
    const char **all = ARENA_ARRAY(arena, const char *, COUNT(proxied) + 3);
    memcpy(all, proxied, sizeof(proxied));
    all[COUNT(proxied)] = arena_printf(arena, "NO_PROXY=%s", names);
    all[COUNT(proxied) + 1] = arena_printf(arena, "no_proxy=%s", names);
    return all;
}
