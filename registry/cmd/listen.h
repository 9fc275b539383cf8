/* Listening sockets: by address, by path, or handed down by systemd (sd_listen_fds(3)). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/*
 * "127.0.0.1:8080", "[::1]:0", "unix:/run/nono/registry.sock". Numeric addresses only; port 0 takes
 * a free one. A socket's file that nobody listens on any more is replaced. CONFLICT when another
 * program listens there.
 */
bool listen_open(const char *address, int *out_fd, struct error *err) MUST_CHECK;

/* Whether it is such an address; nothing is opened. */
bool listen_check(const char *address, struct error *err) MUST_CHECK;

/* The descriptor that systemd handed down, or -1; the variables are taken away. Main thread only.
 */
int listen_inherited(void);

/* Splits "host:port"; brackets go. Exposed for its test. */
bool listen_parse(const char *address, char *host, size_t size, uint16_t *port, struct error *err)
    MUST_CHECK;

/* The port a socket listens on; 0 for a socket without one. */
uint16_t listen_port(int fd);
