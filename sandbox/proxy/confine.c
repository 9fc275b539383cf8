#include "sandbox/proxy/confine.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "sandbox/include/nono.h"
#include "sandbox/policy/proxy.h"
#include "sandbox/proxy/server.h"

/* Two a connection, and a few of our own; as far as the hard limit goes. */
#define DESCRIPTORS ((rlim_t)SERVER_CONNECTIONS_MAX * 2 + 64)

static bool limits_set(struct error *err)
{
    const struct rlimit none = { 0, 0 };
    struct rlimit files;
    if (setrlimit(RLIMIT_CORE, &none) < 0 || getrlimit(RLIMIT_NOFILE, &files) < 0)
        return error_set_errno(err, "limits");
    files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
    files.rlim_max = files.rlim_cur;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 ? true : error_set_errno(err, "limits");
}

DEFINE_CLEANUP(struct nono_caps *, nono_caps_free)

/*
 * What the system's resolver reads: its configuration, its modules, and where those that write
 * /etc/resolv.conf keep it. Folders, because the files are replaced while we run. Nothing is
 * writable; sockets are free, for that is the proxy's work.
 */
static const char *const readable[] = {
    "/etc",
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/nscd",
    "/proc/self", /* nothing that we do not have; leak checkers ask for it */
};

static bool sandbox_enter(struct error *err)
{
    CLEANUP(nono_caps_freep) struct nono_caps *caps = nono_caps_new();
    struct nono_error why = { 0 };
    bool fine = caps && nono_caps_set_network(caps, NONO_NETWORK_OPEN, &why) == NONO_OK;
    for (size_t i = 0; fine && i < COUNT(readable); i++)
        fine = nono_caps_allow_read(caps, readable[i], NONO_OPTIONAL, &why) == NONO_OK;
    if (!fine || nono_sandbox_apply(caps, 0, NULL, &why) != NONO_OK)
        return error_set(err, UNAVAILABLE, "sandbox of the proxy: %.400s", why.message);
    return true;
}

bool confine(struct error *err)
{
    if (close_range(PROXY_FD_EVENTS + 1, ~0U, 0) < 0)
        return error_set_errno(err, "close_range");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_set_errno(err, "prctl");
    return limits_set(err) && sandbox_enter(err);
}

void confine_end(void)
{
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
