/*
 * Confinement: a capability set made ready, then entered. Each platform's folder fills this header;
 * the build picks one. Not installed: nono.h is what others see.
 *
 * confine_prepare does all that can fail in ways worth a sentence, in the parent. confine_enter
 * takes effect on the process that calls it, after fork(2) or in place, and does little more than
 * system calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "sandbox/include/nono.h"

struct confinement;
struct plan;
struct path_ops;

struct confine_failure {
    const char *step; /* static: "landlock", "seccomp", ... */
    int detail;       /* network_enter's own, else 0 */
    int sys;          /* errno */
};

struct confine_options {
    /* Somebody will call confine_clean when the program has ended; else denied paths in writable
     * trees that do not exist are refused, because nobody would remove their placeholders. */
    bool has_supervisor;
    bool no_mounts; /* hold denies without a mount namespace; for tests and old kernels */
    bool system_v_ipc;
    bool dry_run; /* for queries and reports: nothing is made, and it cannot be entered */
    /*
     * For NONO_NETWORK_PROXY: moves the process into a network namespace with a door, before
     * anything is confined. Only system calls.
     */
    bool (*network_enter)(void *context, struct confine_failure *failure);
    void *context;
};

#define CONFINE_MISSING_MAX 12

/* What a confinement rests on, for the record of a run. */
struct confine_report {
    int landlock_abi;
    unsigned landlock_errata;
    unsigned held;                            /* NONO_HELD_ bits */
    size_t rules;                             /* objects granted */
    size_t denied;                            /* denied paths inside granted trees */
    size_t skipped;                           /* optional grants with nothing there */
    const char *missing[CONFINE_MISSING_MAX]; /* what this kernel cannot hold, a phrase each */
    size_t missing_count;
};

/* The set must outlive the result. UNSUPPORTED when the kernel cannot hold what the set asks. */
bool confine_prepare(const struct nono_caps *caps, const struct confine_options *options,
                     struct confinement **out, struct error *err) MUST_CHECK;
/* Closes what was opened; does not undo what was entered. */
void confine_free(struct confinement *confinement);
DEFINE_CLEANUP(struct confinement *, confine_free)

/* For queries. Lives as long as the confinement. */
const struct plan *confine_plan(const struct confinement *confinement);
/* The way to files that queries take on this platform. */
const struct path_ops *confine_path_ops(void);
void confine_report(const struct confinement *confinement, struct confine_report *out);

/*
 * Whether entering makes namespaces. If not, it only makes system calls that change the calling
 * task: a child that still shares its parent's memory, until exec, may do it.
 */
bool confine_makes_namespaces(const struct confinement *confinement);

/*
 * For this thread and its descendants, for good: namespaces, mounts, privileges, Landlock, system
 * calls. The process has one thread. On failure it is partly confined and must end.
 */
bool confine_enter(const struct confinement *confinement, struct confine_failure *failure)
    MUST_CHECK;

/* In the parent, once the child is there: closes what nobody needs who does not enter. */
void confine_entered(struct confinement *confinement);

/* Takes away the placeholders that prepare made. In the parent, when the program has ended. */
void confine_clean(struct confinement *confinement);
