#include "client/profile/caps.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

static unsigned access_of(unsigned profile_access)
{
    return (profile_access & PROFILE_READ ? NONO_READ : 0) |
           (profile_access & PROFILE_WRITE ? NONO_WRITE : 0) |
           (profile_access & PROFILE_EXECUTE ? NONO_EXECUTE : 0);
}

static bool not_held(const struct profile_origin *origin, const char *what, struct error *err)
{
    const char *name = origin && origin->name ? origin->name : "the profile";
    error_set(err, UNSUPPORTED, "%s asks for %s, which this version cannot hold yet", name, what);
    return error_hint(err, "it does not run with less than its profile says");
}

static const char *source_of(const struct profile_origin *origin)
{
    return origin->name ? origin->name : "profile";
}

static bool grant_add(struct nono_caps *caps, const struct profile *profile,
                      const struct profile_path *grant, struct error *err)
{
    bool from_user = grant->origin.level == PROFILE_FROM_USER;
    unsigned access = access_of(grant->access);
    if (grant->access & (PROFILE_CONNECT | PROFILE_BIND) &&
        profile->network != PROFILE_NETWORK_OPEN)
        return not_held(&grant->origin, "Unix sockets by path", err);
    if (access & NONO_READ && !profile->execute_listed)
        access |= NONO_EXECUTE;
    if (text_starts(grant->path, "/dev/"))
        access |= NONO_DEVICE;
    if (!access)
        return true;
    unsigned flags = (from_user ? 0 : NONO_OPTIONAL) | (grant->is_file ? NONO_FILE : 0);
    return caps_allow(caps, grant->path, access, flags, source_of(&grant->origin), err);
}

/* What a pattern matches is among the denies, too. */
static bool deny_add(struct nono_caps *caps, const struct profile_path *deny, struct error *err)
{
    unsigned access = access_of(deny->access);
    return deny->is_glob || !access ||
           caps_deny(caps, deny->path, access, source_of(&deny->origin), err);
}

static bool hosts_add(struct nono_caps *caps, const struct list *hosts,
                      bool (*add)(struct nono_caps *, const char *, struct error *),
                      struct error *err)
{
    char rule[512];
    LIST_FOREACH (*hosts, const struct profile_host, host) {
        if (host->path || (host->method && strcmp(host->method, "*") != 0))
            return not_held(&host->origin, "requests judged by method or path", err);
        bool bare_ipv6 = strchr(host->host, ':') && host->host[0] != '[';
        if (host->port)
            (void)snprintf(rule, sizeof(rule), bare_ipv6 ? "[%s]:%u" : "%s:%u", host->host,
                           host->port);
        else
            (void)snprintf(rule, sizeof(rule), "%s", host->host);
        if (!add(caps, rule, err))
            return error_prefix(err, "%s", source_of(&host->origin));
    }
    return true;
}

static bool ports_refuse(const struct profile *profile, struct error *err)
{
    const struct list *const lists[] = { &profile->connect_ports, &profile->localhost_ports,
                                         &profile->listen_ports };
    static const char *const names[] = { "TCP ports to connect to", "ports of this machine",
                                         "ports to listen on" };
    for (size_t i = 0; i < COUNT(lists); i++)
        if (lists[i]->count && profile->network != PROFILE_NETWORK_OPEN)
            return not_held(&LIST_AT(*lists[i], struct profile_port, 0)->origin, names[i], err);
    return true;
}

static bool network_set(struct nono_caps *caps, const struct profile *profile, struct error *err)
{
    static const enum nono_network modes[] = {
        [PROFILE_NETWORK_CLOSED] = NONO_NETWORK_BLOCKED,
        [PROFILE_NETWORK_HOSTS] = NONO_NETWORK_PROXY,
        [PROFILE_NETWORK_OPEN] = NONO_NETWORK_OPEN,
    };
    /* Open in spite of a block is what the command line said. */
    bool blocked = profile->network_blocked && profile->network != PROFILE_NETWORK_OPEN;
    caps->network = blocked ? NONO_NETWORK_BLOCKED : modes[profile->network];
    if (caps->network == NONO_NETWORK_OPEN && profile->deny_cloud_metadata)
        return not_held(NULL, "an open network without the cloud's metadata service", err);
    if (caps->network == NONO_NETWORK_OPEN && profile->deny_hosts.count)
        return not_held(&LIST_AT(profile->deny_hosts, struct profile_host, 0)->origin,
                        "hosts that are denied while the network is open", err);
    return ports_refuse(profile, err) &&
           hosts_add(caps, &profile->allow_hosts, caps_allow_host, err) &&
           hosts_add(caps, &profile->deny_hosts, caps_deny_host, err);
}

static bool workdir_add(struct nono_caps *caps, const struct profile *profile,
                        const struct caps_options *options, struct caps_notes *notes,
                        struct error *err)
{
    static const unsigned wanted[] = {
        [PROFILE_WORKDIR_NONE] = 0,
        [PROFILE_WORKDIR_READ] = NONO_READ,
        [PROFILE_WORKDIR_WRITE] = NONO_WRITE,
        [PROFILE_WORKDIR_READWRITE] = NONO_READ | NONO_WRITE,
    };
    unsigned access = wanted[profile->workdir];
    notes->workdir_wanted = options->allow_workdir ? 0 : access;
    if (!options->allow_workdir)
        return true;
    access = access ? access : NONO_READ;
    if (access & NONO_READ && !profile->execute_listed)
        access |= NONO_EXECUTE;
    return caps_allow(caps, options->workdir, access, 0, "--allow-cwd", err);
}

static bool paths_add(struct nono_caps *caps, const struct profile *profile, struct error *err)
{
    LIST_FOREACH (profile->grants, const struct profile_path, grant)
        if (!grant_add(caps, profile, grant, err))
            return false;
    LIST_FOREACH (profile->denies, const struct profile_path, deny)
        if (!deny_add(caps, deny, err))
            return false;
    return true;
}

bool caps_of_profile(const struct profile *profile, const struct caps_options *options,
                     struct nono_caps **out, struct caps_notes *notes, struct error *err)
{
    CLEANUP(caps_freep) struct nono_caps *caps = caps_new();
    struct caps_notes found = { 0 };
    if (!caps)
        return error_set(err, UNAVAILABLE, "out of memory");
    if (!profile_check_supported(profile, err) || !paths_add(caps, profile, err) ||
        !workdir_add(caps, profile, options, &found, err) || !network_set(caps, profile, err))
        return false;
    for (const char *const *program = options->programs;
         profile->execute_listed && program && *program; program++)
        if (!caps_allow(caps, *program, NONO_READ | NONO_EXECUTE, NONO_FILE, "the program", err))
            return false;
    caps->scope_open[NONO_SCOPE_SIGNAL] = profile->signals == PROFILE_SIGNALS_ALL;
    caps->scope_open[NONO_SCOPE_ABSTRACT_SOCKET] = profile->ipc == PROFILE_IPC_FULL;
    *out = STEAL(caps);
    *notes = found;
    return true;
}
