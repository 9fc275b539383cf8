/*
 * Session hooks: scripts that a profile names, run outside the sandbox before and after the
 * program. They are the user's own code, so a script must be an absolute path to a regular,
 * executable file of the user or root that nobody else may write, in a folder that not everybody
 * may. What fails before the program keeps it from starting.
 */
#pragma once

#include "client/cmd/policy.h"

/*
 * Runs the script with NONO_SESSION_ID, NONO_WORKDIR, NONO_HOOK_TYPE and NONO_ENV_FILE. What it
 * writes to that file, lines NAME=VALUE, goes to *out: struct environment_value. SIGTERM after the
 * profile's time, SIGKILL two seconds later.
 */
bool hook_before(const struct policy *policy, const char *session, struct list *out,
                 struct error *err) MUST_CHECK;
/* NONO_EXIT_CODE too. What goes wrong is told on stderr. */
void hook_after(const struct policy *policy, const char *session, int exit_code);
