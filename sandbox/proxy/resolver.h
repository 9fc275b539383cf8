/*
 * Name look-ups as the system does them (getaddrinfo(3): hosts file, DNS, search list), on a few
 * threads of their own, since they block. Results come back on the event loop. The threads see
 * only the look-up they work on.
 */
#pragma once

#include "lib/base/cleanup.h"
#include "sandbox/policy/host.h"

#define RESOLVER_ADDRESSES_MAX 32
#define RESOLVER_THREADS_MAX   8

struct event_base;
struct resolver;
struct lookup;

/* On success count > 0 and failure is NULL. A name with more addresses than fit has failed. */
typedef void resolver_done(const struct host *addresses, size_t count, const char *failure,
                           void *context);

bool resolver_new(struct event_base *base, struct resolver **out, struct error *err) MUST_CHECK;
/*
 * No look-up may be wanted any more. A thread that is still inside the system's resolver cannot be
 * stopped: then this returns false, the resolver stays, and the process should just exit.
 */
bool resolver_stop(struct resolver *resolver) MUST_CHECK;

/* name is copied. done is called later, from the loop, and the look-up is gone then. */
struct lookup *resolver_start(struct resolver *resolver, const char *name, resolver_done *done,
                              void *context);
/*
 * done will not be called. A look-up that still waits for a thread is gone at once and nobody is
 * asked; one that a thread works on goes with its result.
 */
void lookup_cancel(struct lookup *lookup);
