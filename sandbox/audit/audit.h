/*
 * The record of one run, as it is written: a file of JSON lines that grows, each bound to the one
 * before by its hash (docs/formats/audit.md). Read and verified by sandbox/audit/log.h.
 *
 * One process writes a record: the supervisor, outside the sandbox. A line is one write(2), so a
 * killed writer leaves whole lines, and the chain is valid up to the last; a reader then says that
 * the record was not closed. audit_start and audit_end wait until all that is written is on the
 * disk (fdatasync); what comes between them gets there when the kernel gets to it, so a power
 * failure in the middle of a run may take its last seconds, and not that it began. An event that
 * cannot be written leaves the file as it was.
 *
 * The file is locked (flock) while it is open, which is how a reader knows that the run goes on.
 * A record ends at LIMIT_AUDIT_RECORD_BYTES: later events are lost, and counted in the end.
 * Not for several threads at once.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/cleanup.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

#define AUDIT_ID_TEXT 17 /* 16 hex digits and a NUL */

struct audit;

/*
 * Makes STATE/audit/ID.jsonl (0700, 0600) for a new run. state is nono's state folder
 * (lib/base/xdg.h); what is missing of it is made. Call it before the fork: a run that cannot be
 * recorded does not start. Nothing is written to the file yet.
 */
bool audit_open(const char *state, struct audit **out, struct error *err) MUST_CHECK;
/* Closes the file; the record stays as it is. One without any event is removed: nothing ran. */
void audit_free(struct audit *audit);
DEFINE_CLEANUP(struct audit *, audit_free)

/* The run's id: its other state (sessions, snapshots) goes by the same. Sorts by time of start. */
const char *audit_id(const struct audit *audit);

struct audit_start {
    const char *const
        *command;              /* NULL-terminated, as typed: what looks like a secret is replaced */
    const char *program;       /* the file that was resolved from it, or NULL */
    const char *workdir;       /* or NULL */
    const char *profile;       /* as the user named it, or NULL */
    const char *name;          /* what the user calls this run, or NULL */
    const char *policy;        /* SHA-256 of the resolved policy, hex, or NULL */
    const char *snapshot;      /* its name, or NULL */
    const char *snapshot_root; /* its Merkle root, hex, or NULL */
    const struct doc *enforced; /* table: each mechanism and what of it is active; or NULL */
    pid_t pid;                  /* the program's */
};

/*
 * The first event; it is on the disk afterwards. Meant for the parent after the fork, while the
 * child gets ready: off the way to the program's first instruction.
 */
bool audit_start(struct audit *audit, const struct audit_start *start, struct error *err)
    MUST_CHECK;

/* Something was refused: what was tried ("open", "connect", ...), on what, and the rule. */
bool audit_refused(struct audit *audit, const char *operation, const char *target,
                   const char *reason, struct error *err) MUST_CHECK;

struct audit_network {
    uint64_t id;         /* what else is told of the connection has the same */
    const char *host;    /* as the program named it */
    uint16_t port;       /* 0 when unknown */
    const char *address; /* the one connected to, or NULL */
    const char *reason;  /* the rule that decided, or NULL */
    bool allowed;
};

/* Of connections that were refused, the first LIMIT_AUDIT_REFUSALS; the end counts the others. */
bool audit_network(struct audit *audit, const struct audit_network *network, struct error *err)
    MUST_CHECK;

/* Any other event: a type of lower-case words joined by '_', and a table of data or NULL. */
bool audit_event(struct audit *audit, const char *type, const struct doc *data, struct error *err)
    MUST_CHECK;

/*
 * Room on the disk for the start and the end, before there is anything to record: what cannot be
 * recorded is not to begin. Where a file system cannot promise it, that is found out when the start
 * is written. The file has its size from here on, so that the end waits for the disk to take its
 * bytes and nothing else; what is not needed is given back behind it.
 */
bool audit_reserve(struct audit *audit, const struct audit_start *start, struct error *err)
    MUST_CHECK;

/* How many events could not be written, for want of room; the end says it, too. */
uint64_t audit_lost(const struct audit *audit);

/*
 * The last event: the exit status, or the signal when it is not 0; how long it took; the number of
 * events before it and the Merkle root over their hashes. Everything is on the disk afterwards.
 * Nothing can be added any more.
 */
bool audit_end(struct audit *audit, int status, int signal, struct error *err) MUST_CHECK;
