/* What a client takes: the Accept-Encoding field (RFC 9110 section 12.5.3). */
#pragma once

#define ACCEPT_MOST 1000U /* a quality of 1 */

/*
 * How well a client takes a coding, in thousandths; 0: not at all. field is all lines of the field
 * as one, or NULL. Members that are malformed are passed over. What is not listed is as "*" is, and
 * without one not taken; "identity" then always is, as well as anything can be that is not asked
 * for.
 */
unsigned accept_quality(const char *field, const char *coding);
