/*
 * A CONNECT tunnel: bytes both ways between the program and a server, once the first of them have
 * shown where they want to go.
 *
 * On port 443 the first bytes must be a TLS ClientHello whose server name is the authority's host
 * (none, when the authority is an address); nothing reaches the server before. On other ports
 * what begins like TLS is held to the same, and everything else passes as it is: the address is
 * judged, the protocol is the program's. What is inside TLS (HTTP/2, WebSocket) is not looked at.
 */
#pragma once

#include "sandbox/proxy/context.h"

struct tunnel;

struct tunnel_result {
    enum proxy_category category; /* PROXY_NONE, PROXY_TLS_*, PROXY_TIMEOUT or PROXY_CUT */
    uint64_t bytes_up, bytes_down;
    const char *reason; /* or NULL */
};

typedef void tunnel_done(const struct tunnel_result *result, void *argument);

struct tunnel_config {
    struct context *context;
    int down, up; /* non-blocking; the tunnel's from now on */
    struct authority authority;
    const void *early; /* what came behind the CONNECT head */
    size_t early_len;  /* at most FLOW_MAX */
    tunnel_done *done; /* called later, from the loop; the tunnel is gone then */
    void *argument;
};

struct tunnel *tunnel_start(const struct tunnel_config *config);
/* Ends it; *result is what passed. done will not be called. */
void tunnel_cancel(struct tunnel *tunnel, struct tunnel_result *result);
