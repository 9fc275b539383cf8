/* User and mount namespaces of a child; netns.h has the network. Only system calls. */
#pragma once

#include <stdbool.h>

/*
 * Leaves the given namespaces (CLONE_NEWNS). A process without privilege makes a user
 * namespace for it, in which it has the same user and group, and every capability until
 * privileges_drop. Mounts made from now on stay in here. Returns 0 or an errno.
 */
int namespaces_enter(int flags);
