/*
 * URLs of servers (RFC 3986): what may be talked to, and how paths are put on a base. Plain http
 * is for this machine, and for whoever says so.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define LIMIT_URL_BYTES 4096

/*
 * https, or http to a loopback address or "localhost", or any http with allow_plain. Refused: other
 * schemes, names and passwords in the URL, and fragments.
 */
bool url_check(const char *url, bool allow_plain, struct error *err) MUST_CHECK;

/* A server's base: checked, lower-case scheme and host, no default port, no slash at the end. */
bool url_base(const char *url, bool allow_plain, struct arena *arena, const char **out,
              struct error *err) MUST_CHECK;

/* Whether two URLs have the same scheme, host and port. */
bool url_same_origin(const char *a, const char *b);
bool url_is_loopback(const char *url);

/*
 * What a server's document calls a URL: absolute, or a path from the root of base's origin. Any
 * other form is INVALID; so is an absolute one of another origin (a document may not send us
 * there).
 */
bool url_resolve(const char *base, const char *reference, struct arena *arena, const char **out,
                 struct error *err) MUST_CHECK;

/* One segment of a path, or a value of a query: all but unreserved characters as %XX. */
const char *url_escape(const char *text, struct arena *arena);
