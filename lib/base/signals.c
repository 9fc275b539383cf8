#include "lib/base/signals.h"

#include <signal.h>
#include <stdbool.h>

/* One a process, as the disposition itself. */
static bool was_ignored;

/* Unlike a signal that is ignored, one that is handled is not handed on by exec(2). */
static void over_the_limit(int number)
{
    (void)number;
}

void signals_begin(void)
{
    was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
    if (signal(SIGXFSZ, over_the_limit) == SIG_IGN)
        (void)signal(SIGXFSZ, SIG_IGN);
}

void signals_hand_on(void)
{
    if (was_ignored)
        (void)signal(SIGCHLD, SIG_IGN);
}
