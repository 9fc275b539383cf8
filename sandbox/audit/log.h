/*
 * Records of runs, as they are read: found, listed, verified (docs/formats/audit.md). What a record
 * says is outside data: a fault in it is in the report, never an error of the call.
 */
#pragma once

#include "sandbox/audit/event.h"

enum audit_state {
    AUDIT_CLOSED,   /* whole: the chain holds from the first event to the last */
    AUDIT_RUNNING,  /* its writer has it open; the chain holds so far */
    AUDIT_UNCLOSED, /* the writer was killed; the chain holds up to the last whole line */
    AUDIT_BROKEN,   /* changed, cut in the middle, or never a record: see line and fault */
};

/* "closed", "running", "not closed", "broken" */
const char *audit_state_name(enum audit_state state);

struct audit_report {
    enum audit_state state;
    uint64_t events;        /* that hold */
    uint64_t line;          /* the first bad line, from 1, or 0 */
    char fault[512];        /* what is wrong with it, or "" */
    char head[SHA256_TEXT]; /* hash of the last event that holds */
    char root[SHA256_TEXT]; /* Merkle root over the hashes of all that hold */
};

/* Called for each event that holds, in order; the event lives until it returns. False stops. */
typedef bool audit_visit(const struct audit_event_line *event, void *context, struct error *err);

/* visit may be NULL. UNSUPPORTED when a newer version wrote the record. */
bool audit_verify(const char *state, const char *id, audit_visit *visit, void *context,
                  struct audit_report *out, struct error *err) MUST_CHECK;
/* The same on an open file whose record should be that of id. */
bool audit_verify_fd(int fd, const char *id, audit_visit *visit, void *context,
                     struct audit_report *out, struct error *err) MUST_CHECK;

/* The ids of all records, newest first: const char *, in arena. No folder is an empty list. */
bool audit_ids(const char *state, struct arena *arena, struct list *out, struct error *err)
    MUST_CHECK;
/* The record that an unambiguous beginning of an id names; NULL is the newest. In arena. */
bool audit_find(const char *state, const char *id, struct arena *arena, const char **out,
                struct error *err) MUST_CHECK;

/* What the first and the last event say; their hashes are checked, not what lies between. */
struct audit_summary {
    const char *id;
    enum audit_state state;
    struct audit_event_line start, last; /* type is NULL when there is none */
    char fault[512];                     /* when the state is AUDIT_BROKEN */
};

bool audit_summarise(const char *state, const char *id, struct arena *arena,
                     struct audit_summary *out, struct error *err) MUST_CHECK;
