/*
 * Session hooks: scripts that a profile names, run outside the sandbox before and after the
 * program. They are the user's own code, so a script must be an absolute path to a regular,
 * executable file of the user or root that nobody else may write, in a folder that not everybody
 * may. What fails before the program keeps it from starting: both have to be there by then, for
 * what is not there is not kept from the program (client/cmd/protect.h).
 */
#pragma once

#include <sys/stat.h>

#include "client/cmd/policy.h"

struct hook_result {
    struct list values; /* struct environment_value: what it sets for the program */
    bool ran;           /* what failed was the script, or came of it */
    int signal;         /* came while it ran, and is to end us; or 0 */
    struct stat after;  /* the script that is to run in the end, as the program finds it */
};

/*
 * Runs the script with NONO_SESSION_ID, NONO_WORKDIR, NONO_HOOK_TYPE and NONO_ENV_FILE. What it
 * writes to that file, lines NAME=VALUE, goes to out->values. After the profile's time it is ended
 * (client/cmd/hook_watch.h). out, which comes in zeroed, is filled in on failure too.
 */
bool hook_before(const struct policy *policy, const char *session, struct hook_result *out,
                 struct error *err) MUST_CHECK;
/*
 * NONO_EXIT_CODE too. What goes wrong is told on stderr; a script that is not what hook_before saw
 * is not run, but a pack's, which nono alone replaces. The signal, as above.
 */
int hook_after(const struct policy *policy, const char *session, int exit_code,
               const struct hook_result *before);
