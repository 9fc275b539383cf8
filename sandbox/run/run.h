/*
 * Runs a program under a confinement: as a child that is watched to its end, or in place of this
 * process. Knows nothing of profiles and packs.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "sandbox/audit/audit.h"
#include "sandbox/platform/confine.h"
#include "sandbox/run/proxy.h"

struct run_spec {
    struct confinement *confinement;
    const char *program;     /* path, already looked up */
    const char *const *argv; /* NULL-terminated */
    const char *const *envp; /* NULL-terminated: the whole environment */
    const char *workdir;     /* absolute; NULL: stay */
    /* Of run_watch alone; NULL: none. */
    struct audit *audit;             /* opened; gets the start, the end and what is refused */
    const struct audit_start *start; /* all but pid and what describe adds */
    /* Fills in what takes longer to say, once the program is on its way; NULL: nothing. */
    void (*describe)(void *context, struct audit_start *start);
    void *context;
    struct run_proxy *proxy; /* run_confine_network has been told of it */
};

/* Options for confine_prepare of a run whose network is behind this proxy. */
void run_confine_network(struct run_proxy *proxy, struct confine_options *options);

/* What a report says, for the record of a run. In arena. */
struct doc *run_enforced(const struct confine_report *report, enum nono_network network,
                         struct arena *arena);

/* Puts on record that the program could not be run: the start is there, written while the child got
 * ready. */
void run_record_not_started(struct audit *audit, const char *reason);

/* Puts an event of the proxy on record. context is a struct audit *, or NULL. */
void run_record_network(const struct proxy_event *event, void *context);

/* The exit status of what failed before the program ran. */
enum { RUN_EXIT_SETUP = 126, RUN_EXIT_EXEC = 127, RUN_EXIT_SIGNAL = 128 };

/*
 * Starts, forwards signals, waits, and ends what the program left running. *status is the
 * program's own, 128 + N when signal N ended it, which is then *signal, else 0; 126 when it could
 * not be confined and 127 when it could not be started; err then says why.
 */
bool run_watch(const struct run_spec *spec, int *status, int *signal, struct error *err) MUST_CHECK;

/* Confines this process and becomes the program. Returns only on failure, *status as above. */
bool run_replace(const struct run_spec *spec, int *status, struct error *err) MUST_CHECK;

/*
 * The path of a program as execvp finds it in the PATH given. folder is where the program starts,
 * and so where what is relative begins; NULL: here. out has PATH_MAX bytes. NOT_FOUND when there is
 * none.
 */
bool run_find_program(const char *name, const char *path, const char *folder, char *out,
                      struct error *err) MUST_CHECK;
