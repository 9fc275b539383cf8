/*
 * Whether a request says in one way alone what it is and where it ends (RFC 9112 sections 2.2, 3,
 * 5 and 6.3). A proxy in front that reads another head, or another length, than we do would let one
 * client's bytes pass for the request of the next; libmicrohttpd takes the first of two lengths,
 * does not look at names, and ends lines and heads where nobody else does.
 *
 * It cuts a head where it lies, and hands out pointers into it. So what came is told apart from
 * what was made of it without another copy of the bytes: pieces that do not lie side by side, as
 * they would be written again, have something between them that was passed over.
 */
#pragma once

#include <microhttpd.h>

#include "lib/base/error.h"

/* The request line. */
struct framing_line {
    const char *method, *target, *version; /* as libmicrohttpd cut them */
    size_t target_len;                     /* as sent, with the query */
    const char *uri;                       /* the target without scheme and host */
};

/* INVALID says what is wrong. */
bool framing_check(struct MHD_Connection *connection, const struct framing_line *line,
                   struct error *err) MUST_CHECK;

/*
 * The parts of it, for tests too: the request line, each field in its order, the end. fault is NULL
 * while nothing is wrong. A NULL next means that nothing is known of where the pieces lie, which is
 * where a structure of zeros begins.
 */
struct framing {
    unsigned lengths, codings, hosts;
    bool host_needed;
    const char *fault;
    const char *next; /* where the next piece has to begin */
};
void framing_begin(struct framing *framing, const struct framing_line *line, bool in_place);
void framing_field(struct framing *framing, const char *name, const char *value);
/* head_end is behind the empty line; not looked at when nothing is known of places. */
void framing_end(struct framing *framing, const char *head_end);
