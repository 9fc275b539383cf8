/*
 * A script of a hook, from its start to its end. A guard stands between it and us: a process whose
 * only job is that whatever the script starts can be found, and be ended, wherever it has put
 * itself. All of them are in our process group, so the terminal is theirs as it is ours.
 */
#pragma once

#include <stdint.h>

#include "lib/base/error.h"

/*
 * Runs it. When it takes too long, and when SIGINT, SIGTERM, SIGHUP or SIGQUIT ends us meanwhile,
 * or we are killed, it is told, and two seconds later it is killed with all that it has started.
 * What a script leaves behind that ends by itself goes on: it may have been there to start it.
 *
 * envp is its whole environment. *out_signal is set in any case: the one that came and by which the
 * caller is to end, after it has tidied up; or 0.
 */
bool hook_watch(const char *script, const char *const *envp, int64_t seconds, int *out_signal,
                struct error *err) MUST_CHECK;
