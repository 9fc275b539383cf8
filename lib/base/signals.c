#include "lib/base/signals.h"

#include <signal.h>
#include <stdbool.h>

/* One a process, as the disposition itself. */
static bool was_ignored;

/* Unlike a signal that is ignored, one that is handled is not handed on by exec(2). */
static void pass_over(int number)
{
    (void)number;
}

static void keep_on(int number)
{
    if (signal(number, pass_over) == SIG_IGN)
        (void)signal(number, SIG_IGN);
}

void signals_begin(void)
{
    was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
    keep_on(SIGXFSZ);
}

void signals_outlive_readers(void)
{
    keep_on(SIGPIPE);
}

void signals_hand_on(void)
{
    if (was_ignored)
        (void)signal(SIGCHLD, SIG_IGN);
}
