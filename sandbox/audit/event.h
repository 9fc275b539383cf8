/*
 * One line of a record, and the chain that lines form (docs/formats/audit.md). Shared by the writer
 * and the reader.
 */
#pragma once

#include "lib/base/doc.h"
#include "lib/digest/merkle.h"

#define AUDIT_FORMAT 1 /* of the start event; a reader refuses a higher one */

struct audit_event_line {
    uint64_t seq;
    int64_t time;
    const char *type;
    const char *prev;       /* hex: the hash of the event before, 64 zeros for the first */
    const char *hash;       /* hex */
    const struct doc *data; /* NULL when the event has none */
};

/* Where the chain stands. */
struct audit_chain {
    uint64_t count;
    char head[SHA256_TEXT];
    struct merkle merkle;
};

void audit_chain_init(struct audit_chain *chain);
/* The root over the hashes of all events so far. */
void audit_chain_root(const struct audit_chain *chain, char out[SHA256_TEXT]);

struct audit_line {
    const char *text; /* with its newline */
    char hash[SHA256_TEXT];
};

/* The next line, in arena. The chain is not advanced. TOO_LARGE over the limit. */
bool audit_line_print(const struct audit_chain *chain, const char *type, int64_t time_us,
                      const struct doc *data, struct arena *arena, struct audit_line *out,
                      struct error *err) MUST_CHECK;
/* Takes the event of that hash as the chain's newest. */
void audit_chain_advance(struct audit_chain *chain, const char hash[SHA256_TEXT]);

/* Reads one line, without its newline; checks its form and that its hash is of its bytes. */
bool audit_line_parse(const char *line, size_t len, struct arena *arena,
                      struct audit_event_line *out, struct error *err) MUST_CHECK;
/* Whether a line continues the chain; advances it. */
bool audit_chain_check(struct audit_chain *chain, const struct audit_event_line *line,
                       struct error *err) MUST_CHECK;
