/*
 * Runs a program under a confinement: as a child that is watched to its end, or in place of this
 * process. Knows nothing of profiles and packs.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/error.h"
#include "sandbox/platform/confine.h"

struct run_spec {
    struct confinement *confinement;
    const char *program;     /* path, already looked up */
    const char *const *argv; /* NULL-terminated */
    const char *const *envp; /* NULL-terminated: the whole environment */
    const char *workdir;     /* absolute; NULL: stay */
};

/* The exit status of what failed before the program ran. */
enum { RUN_EXIT_SETUP = 126, RUN_EXIT_EXEC = 127, RUN_EXIT_SIGNAL = 128 };

/*
 * Starts, forwards signals, waits, and ends what the program left running. *status is the
 * program's own, 128 + N when signal N ended it, 126 when it could not be confined and 127 when it
 * could not be started; err then says why.
 */
bool run_watch(const struct run_spec *spec, int *status, struct error *err) MUST_CHECK;

/* Confines this process and becomes the program. Returns only on failure, *status as above. */
bool run_replace(const struct run_spec *spec, int *status, struct error *err) MUST_CHECK;

/*
 * The path of a program as execvp finds it in the PATH given, in arena-less form: out has PATH_MAX
 * bytes. NOT_FOUND when there is none.
 */
bool run_find_program(const char *name, const char *path, char *out, struct error *err) MUST_CHECK;
