/* Percent-encoding and name=value lists (RFC 3986, application/x-www-form-urlencoded). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

#define URI_ARGUMENTS_MAX 64

/*
 * Decodes %XX, and '+' as a space when form is set. INVALID for malformed encoding, for controls
 * (but line breaks in forms) and for what is not UTF-8.
 */
bool uri_decode(const char *text, size_t len, bool form, struct arena *arena, const char **out,
                struct error *err) MUST_CHECK;

/* "a=1&b=2" -> struct argument; at most URI_ARGUMENTS_MAX. Empty pieces are passed over. */
bool uri_arguments(const char *text, struct arena *arena, struct list *out, struct error *err)
    MUST_CHECK;

/* Where path and query begin in a request target that names scheme and host before them, as RFC
 * 9112 section 3.2.2 has it: at a '/', a '?' or the end. Another target is all of it. */
const char *uri_local(const char *target);

/* What stands for the host in such a target, *len bytes; NULL in another. */
const char *uri_authority(const char *target, size_t *len);

/* Whether it is a host with or without a port (RFC 3986, section 3.2), and no user before it. */
bool uri_is_authority(const char *text, size_t len);
