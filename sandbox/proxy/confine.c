#include "sandbox/proxy/confine.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

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

bool confine(struct error *err)
{
    if (close_range(PROXY_FD_EVENTS + 1, ~0U, 0) < 0)
        return error_set_errno(err, "close_range");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_set_errno(err, "prctl");
    return limits_set(err);
}

void confine_end(void)
{
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
