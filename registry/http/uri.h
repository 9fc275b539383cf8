/* Percent-encoding and name=value lists (RFC 3986, application/x-www-form-urlencoded). */
#pragma once

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
