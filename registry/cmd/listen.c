#include "registry/cmd/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/env.h"
#include "lib/base/text.h"

#define BACKLOG  1024
#define UNIX     "unix:"
#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static bool address_fault(const char *address, struct error *err)
{
    error_set(err, INVALID, "cannot listen on \"%.100s\"", address);
    return error_hint(err, "an address is like 127.0.0.1:8080, [::1]:8080 or unix:/path");
}

bool listen_parse(const char *address, char *host, size_t size, uint16_t *port, struct error *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address)
        return address_fault(address, err);
    const char *from = address;
    size_t len = (size_t)(colon - address), digits = strspn(colon + 1, "0123456789");
    if (*from == '[' && from[len - 1] == ']') {
        from++;
        len -= 2;
    } else if (memchr(from, ':', len)) {
        return address_fault(address, err);
    }
    long number = strtol(colon + 1, NULL, 10);
    for (size_t i = 0; i < len; i++)
        if (from[i] == '[' || from[i] == ']')
            return address_fault(address, err);
    if (len == 0 || len >= size || digits == 0 || digits > 5 || colon[1 + digits] ||
        number > UINT16_MAX)
        return address_fault(address, err);
    memcpy(host, from, len);
    host[len] = '\0';
    *port = (uint16_t)number;
    return true;
}

/* Nobody answers at a socket's file of an earlier run: it is in the way. */
static void stale_remove(const struct sockaddr_un *where)
{
    struct stat status;
    if (lstat(where->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)where, sizeof(*where)) != 0 && errno == ECONNREFUSED)
        (void)unlink(where->sun_path);
}

static bool listen_at(int fd, const char *address, const struct sockaddr *where, socklen_t len,
                      struct error *err)
{
    if (bind(fd, where, len) != 0 || listen(fd, BACKLOG) != 0) {
        error_set_errno(err, "listen on %s", address);
        if (err->sys == EADDRNOTAVAIL) {
            err->kind = ERROR_INVALID;
            return error_hint(err, "no interface of this machine has that address");
        }
        if (err->sys == EADDRINUSE)
            err->kind = ERROR_CONFLICT;
        return false;
    }
    return true;
}

static bool unix_parse(const char *address, struct sockaddr_un *out, struct error *err)
{
    const char *path = address + strlen(UNIX);
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!*path || strlen(path) >= sizeof(out->sun_path))
        return address_fault(address, err);
    memcpy(out->sun_path, path, strlen(path));
    return true;
}

static bool unix_open(const char *address, int *out_fd, struct error *err)
{
    struct sockaddr_un where;
    if (!unix_parse(address, &where, err))
        return false;
    stale_remove(&where);
    CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(err, "socket");
    if (!listen_at(fd, address, (struct sockaddr *)&where, sizeof(where), err))
        return false;
    if (chmod(where.sun_path, 0660) != 0) /* for a proxy of our group, whatever the umask */
        return error_set_errno(err, "listen on %s", address);
    *out_fd = STEAL_FD(fd);
    return true;
}

DEFINE_CLEANUP(struct addrinfo *, freeaddrinfo)

static bool inet_parse(const char *address, struct addrinfo **out, struct error *err)
{
    char host[64], service[8];
    uint16_t port;
    if (!listen_parse(address, host, sizeof(host), &port, err))
        return false;
    (void)snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    return getaddrinfo(host, service, &hints, out) == 0 || address_fault(address, err);
}

bool listen_check(const char *address, struct error *err)
{
    CLEANUP(freeaddrinfop) struct addrinfo *found = NULL;
    struct sockaddr_un where;
    return text_starts(address, UNIX) ? unix_parse(address, &where, err)
                                      : inet_parse(address, &found, err);
}

bool listen_open(const char *address, int *out_fd, struct error *err)
{
    if (text_starts(address, UNIX))
        return unix_open(address, out_fd, err);
    CLEANUP(freeaddrinfop) struct addrinfo *found = NULL;
    if (!inet_parse(address, &found, err))
        return false;
    CLEANUP(closep)
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(err, "socket");
    int yes = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (!listen_at(fd, address, found->ai_addr, found->ai_addrlen, err))
        return false;
    *out_fd = STEAL_FD(fd);
    return true;
}

int listen_inherited(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): before there are threads */
    const char *pid = env_get("LISTEN_PID"), *count = env_get("LISTEN_FDS");
    bool ours = pid && count && strtol(pid, NULL, 10) == getpid() && strtol(count, NULL, 10) >= 1;
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    /* NOLINTEND(concurrency-mt-unsafe) */
    if (!ours || fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return FIRST_FD;
}

uint16_t listen_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address = { .any = { 0 } };
    socklen_t len = sizeof(address);
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    if (address.any.sa_family == AF_INET6)
        return ntohs(address.in6.sin6_port);
    return address.any.sa_family == AF_INET ? ntohs(address.in.sin_port) : 0;
}
