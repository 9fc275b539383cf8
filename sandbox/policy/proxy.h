/*
 * What the supervisor and nono-proxy say to each other: one JSON document down (the policy), JSON
 * lines up (events). Both ends use these records.
 */
#pragma once

#include "lib/base/record.h"

#define PROXY_POLICY_MAX_BYTES ((size_t)1024 * 1024)
#define PROXY_EVENT_MAX_BYTES  4096 /* PIPE_BUF: a line is written whole or not at all */

/* Descriptors of nono-proxy when it starts. */
enum { PROXY_FD_LISTENER = 3, PROXY_FD_POLICY = 4, PROXY_FD_EVENTS = 5 };

struct proxy_policy {
    struct list allow_hosts, deny_hosts; /* rules of host_rules.h */
};
extern const struct record proxy_policy_record;

enum proxy_event_kind {
    PROXY_READY,    /* rules are read, the proxy has confined itself */
    PROXY_DECISION, /* a request or tunnel was allowed or denied */
    PROXY_END,      /* what was allowed is over: bytes and duration are known */
    PROXY_FAILED,   /* the proxy itself cannot go on: reason */
};

enum proxy_mode { PROXY_MODE_NONE, PROXY_CONNECT, PROXY_HTTP };

/* Why something was denied, or how it ended. Names are in proxy_category_names. */
enum proxy_category {
    PROXY_NONE,
    PROXY_METADATA,         /* cloud metadata */
    PROXY_HOST_DENIED,      /* a deny rule */
    PROXY_HOST_NOT_ALLOWED, /* no allow rule */
    PROXY_PORT_NOT_ALLOWED, /* an allow rule for the host, none for the port */
    PROXY_ADDRESS_DENIED,   /* not a public address, and not named */
    PROXY_NAME_UNRESOLVED,
    PROXY_CONNECT_FAILED,
    PROXY_TLS_NAME,     /* the first TLS record names another host, or none */
    PROXY_TLS_EXPECTED, /* something else than TLS on port 443 */
    PROXY_BAD_REQUEST,
    PROXY_UNSUPPORTED,
    PROXY_BAD_RESPONSE, /* of the server */
    PROXY_TIMEOUT,
    PROXY_CUT, /* a connection broke before its message was complete */
    PROXY_CATEGORY_COUNT,
};
extern const char *const proxy_category_names[];

struct proxy_event {
    int event; /* enum proxy_event_kind */
    int64_t time;
    uint64_t id; /* one number for a request's decision and its end */
    int mode;    /* enum proxy_mode */
    bool allowed;
    int category;        /* enum proxy_category */
    const char *host;    /* what was asked for, canonical; NULL when it could not be read */
    uint64_t port;       /* 0 likewise */
    const char *rule;    /* the rule that decided, or NULL */
    const char *address; /* the one connected to, or NULL */
    const char *method;  /* plain HTTP */
    uint64_t status;     /* answered to the program; 0 for none */
    uint64_t bytes_up, bytes_down;
    uint64_t duration_us;
    const char *reason; /* one line for people, or NULL; no secret, no path, no header */
};
extern const struct record proxy_event_record;
