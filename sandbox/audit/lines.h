/* The lines of a record, read in turn with bounded memory. */
#pragma once

#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct lines {
    int fd; /* not owned */
    char *bytes;
    size_t start, end;
    bool at_end;
};

void lines_init(struct lines *lines, int fd);
void lines_clear(struct lines *lines);

struct line {
    const char *text; /* without its newline; NULL at the end of the file; until the next call */
    size_t len;
    bool whole; /* a newline ended it */
};

/* A line over LIMIT_AUDIT_LINE_BYTES comes as far as it fits, not whole. Zeros at the file's end
 * are passed over: room that was reserved. */
bool lines_next(struct lines *lines, struct line *out, struct error *err) MUST_CHECK;
