#include "lib/base/signals.h"

#include <signal.h>
#include <stdbool.h>

/* One a process, as the disposition itself. */
static bool was_ignored;

void signals_begin(void)
{
    was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

void signals_hand_on(void)
{
    if (was_ignored)
        (void)signal(SIGCHLD, SIG_IGN);
}
