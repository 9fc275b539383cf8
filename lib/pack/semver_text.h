/* Between semver.c and semver_range.c: the pieces that both read. *at moves behind what was read.
 */
#pragma once

#include "lib/pack/semver.h"

bool semver_number(const char **at, uint64_t *out);
/* "-pre+build", both optional, ended by one of ends or the end of the text. */
bool semver_tail(const char **at, const char *ends, struct semver *version);
