/*
 * Whether a request says in one way alone where its body ends (RFC 9112 section 6.3). A proxy in
 * front that reads another length than we do would let one client's bytes pass for the request of
 * the next; libmicrohttpd takes the first of two lengths, and does not look at names.
 */
#pragma once

#include <microhttpd.h>

#include "lib/base/error.h"

/* INVALID names the field. */
bool framing_check(struct MHD_Connection *connection, struct error *err) MUST_CHECK;

/* One field, and what was seen of those before; for tests too. Begins as all zeros. */
struct framing {
    unsigned lengths, codings;
    const char *fault; /* NULL while nothing is wrong */
};
void framing_field(struct framing *framing, const char *name, const char *value);
