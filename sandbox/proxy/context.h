/* What every connection of the proxy shares. One thread, the event loop's, uses it. */
#pragma once

#include "sandbox/policy/host_rules.h"
#include "sandbox/proxy/report.h"

struct event_base;
struct resolver;

struct context {
    struct event_base *base;
    struct resolver *resolver;
    struct host_rules rules;
    struct report report;
};

/* Limits of time, in seconds. docs/proxy.md lists them. */
#define HEAD_TIMEOUT_S    10   /* from a request's first byte to the end of its head */
#define IDLE_TIMEOUT_S    60   /* a kept connection without a request */
#define HELLO_TIMEOUT_S   10   /* from the tunnel to a whole ClientHello */
#define CONNECT_TIMEOUT_S 15   /* look-up and connection together */
#define MESSAGE_TIMEOUT_S 300  /* plain HTTP: no byte in either direction */
#define TUNNEL_TIMEOUT_S  3600 /* tunnels: the same */
#define HALF_TIMEOUT_S    60   /* tunnels, once one side has ended */
#define LINGER_TIMEOUT_S  2    /* after a refusal, for the program to read it */

/* Bytes that wait in one direction of one connection before reading stops. */
#define FLOW_MAX ((size_t)64 * 1024)
