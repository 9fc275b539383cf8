/* What nono-proxy gives up before it touches anything that the program sends. */
#pragma once

#include "lib/base/error.h"

/*
 * No new privileges, no core dumps, not readable by other processes, dead when the supervisor
 * dies, no descriptor but the standard three and those of sandbox/policy/proxy.h; and a sandbox of
 * our own: no file writable, none readable but what name look-ups need. Before any thread is made.
 */
bool confine(struct error *err) MUST_CHECK;
/* At the end, when no secret is left: leak checkers need to look at the process. */
void confine_end(void);
