/*
 * From an authority to a connected socket: the name is resolved once, unless host_addresses knows
 * what it leads to, every address is judged, and only judged addresses are connected to. One
 * address that may not be reached refuses the name. Addresses are tried in the system's order, the
 * next one starting while the former still waits (RFC 8305); the first that answers is taken.
 */
#pragma once

#include "sandbox/proxy/context.h"

#define DIAL_STAGGER_MS 250

struct dial;

struct dial_result {
    int fd; /* connected, non-blocking, without Nagle's delay; -1 on failure; the callee's */
    struct host address;             /* of fd */
    struct host_judgement judgement; /* not allowed: an address was refused */
    enum proxy_category category;    /* why there is no fd, PROXY_NONE otherwise */
    char reason[192];
};

typedef void dial_done(struct dial_result *result, void *context);

/* The authority has been judged already. done is called later, from the loop; the dial is gone
 * then. */
struct dial *dial_start(struct context *context, const struct authority *authority, dial_done *done,
                        void *argument);
/* done will not be called. */
void dial_cancel(struct dial *dial);
