#include "registry/cmd/notify.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/env.h"

void notify_manager(const char *state)
{
    const char *path = env_get("NOTIFY_SOCKET");
    struct sockaddr_un where = { .sun_family = AF_UNIX };
    if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(where.sun_path))
        return;
    memcpy(where.sun_path, path, strlen(path));
    if (*path == '@') /* abstract */
        where.sun_path[0] = '\0';
    CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&where, len);
}

int notify_watchdog_ms(void)
{
    const char *pid = env_get("WATCHDOG_PID"), *usec = env_get("WATCHDOG_USEC");
    if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
        return -1;
    unsigned long long half_ms = strtoull(usec, NULL, 10) / 2000;
    return half_ms > 0 && half_ms <= INT_MAX ? (int)half_ms : -1;
}
