/*
 * A network of its own for the sandboxed program: a new network namespace with a loopback
 * interface, nothing else, and one listening socket on it (the door) that is served from outside.
 *
 * A socket belongs to the namespace it was made in: whoever holds the door's descriptor accepts
 * connections from inside and makes its own connections outside. No other address, no other
 * protocol and no other process can be reached from inside, by construction
 * (network_namespaces(7)).
 *
 * Without CAP_SYS_ADMIN a network namespace needs a user namespace around it (user_namespaces(7));
 * user and group stay who they are. Where that is not permitted, this fails and says why: there is
 * no weaker form.
 */
#pragma once

#include <netinet/in.h>

#include "lib/base/error.h"

/* The door's port. The namespace is new, so it is always free there. */
#define NETNS_DOOR_PORT 3128

/* Made before fork, so that the child needs no formatting. */
struct netns_plan {
    char uid_map[40], gid_map[40];
};

/* Where netns_enter failed: passed through the child's status pipe as two numbers. */
enum netns_step {
    NETNS_UNSHARE,
    NETNS_MAP,
    NETNS_LOOPBACK,
    NETNS_DOOR,
    NETNS_SEND,
};
struct netns_failure {
    enum netns_step step;
    int sys; /* errno */
};

void netns_prepare(struct netns_plan *out);

/*
 * In the child, single-threaded, before capabilities are dropped and before Landlock and seccomp:
 * moves this process into new namespaces (into a network namespace alone when it may; else into a
 * user namespace and a network namespace, where it holds every capability until exec), sets
 * loopback up and makes the door: non-blocking, close-on-exec, listening on 127.0.0.1. System
 * calls only.
 */
bool netns_enter(const struct netns_plan *plan, int *out_door, struct netns_failure *failure)
    MUST_CHECK;

/* Passes one descriptor over a socket pair (SCM_RIGHTS) in one byte of data. System calls only. */
bool netns_send(int socket, int fd) MUST_CHECK;
/* Takes it, close-on-exec. -1 when there is none (yet, or at the end): see errno; 0 at the end. */
int netns_receive(int socket);

/* In the parent: UNAVAILABLE, what failed, why this system does not permit it, what to do. */
bool netns_explain(const struct netns_failure *failure, struct error *err);

/*
 * Tries it in a child and says whether this process may have a network namespace; for `--version`
 * and dry runs (a run tries for real). About half a millisecond.
 */
bool netns_probe(struct error *err) MUST_CHECK;
