/*
 * The options that say what a sandbox is: one table for run, wrap and why, with the original's
 * names. What of its options cannot be held yet is known here too, and refused by name.
 */
#pragma once

#include "client/ui/command.h"
#include "lib/base/arena.h"
#include "lib/profile/profile.h"

struct sandbox_options {
    const char *profile; /* -p, $NONO_PROFILE; NULL: the program's own, or "default" */
    struct profile_overrides overrides;
    const char *workdir;       /* absolute, without links */
    const char *workdir_named; /* as --workdir says it, or NULL */
    bool allow_workdir;
    const char *const *environment; /* names that pass; NULL-terminated, never NULL */
    bool dry_run, silent;
    int verbose;
};

/* Included in the tables of commands. */
extern const struct poptOption sandbox_option_table[];
extern const struct poptOption sandbox_host_table[];
extern const struct poptOption sandbox_no_host_table[]; /* the same, to be refused by name */
extern const struct poptOption sandbox_refused_table[];

/* What was given, after the environment's NONO_* equivalents. UNSUPPORTED for a refused option. */
bool sandbox_options_read(struct arena *arena, struct sandbox_options *out, struct error *err)
    MUST_CHECK;

/*
 * The program that is named, to be started in the working folder; out has PATH_MAX bytes. On
 * failure *status may be the exit status for it.
 */
bool sandbox_options_program(const char *name, char *out, int *status, struct error *err)
    MUST_CHECK;

/* clang-format off */
#define OPTIONS_OF(table, title) \
    { NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)(table), 0, title, NULL }
#define SANDBOX_OPTIONS                                                                           \
    OPTIONS_OF(sandbox_option_table, "What it may do:"), OPTIONS_OF(sandbox_host_table, NULL),    \
        OPTIONS_OF(sandbox_refused_table, NULL)
/* Without a process outside, which the proxy is. */
#define SANDBOX_OPTIONS_ALONE                                                                     \
    OPTIONS_OF(sandbox_option_table, "What it may do:"), OPTIONS_OF(sandbox_no_host_table, NULL), \
        OPTIONS_OF(sandbox_refused_table, NULL)
/* clang-format on */
