/* A supervisor's children: how they begin, and that none is left. */
#pragma once

#include <signal.h>
#include <sys/types.h>

/* Those that a supervisor passes on. */
void children_signals(sigset_t *out);

/* In a fresh child: ends with its parent, has the signals it would have had, and keeps nothing but
 * descriptors 0 to 2 across exec. Only system calls; 0 or an errno. */
int children_begin(pid_t parent, const sigset_t *mask);

/* Marks what is above 2 to be closed by exec. 0 or an errno. */
int children_close_descriptors(void);

/* Kills and reaps every descendant that is left, but a child of that id; 0: none is spared. The
 * caller is their subreaper. */
void children_end_all(pid_t except);
