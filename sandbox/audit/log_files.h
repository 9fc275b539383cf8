/* Where records lie: STATE/audit/ID/events.jsonl. */
#pragma once

#include "lib/base/error.h"

/* NOT_FOUND when there is no such record; INVALID when it is no id; UNTRUSTED when it is no file.
 * *out_fd is -1 when the record has no file (yet). */
bool audit_file_open(const char *state, const char *id, int *out_fd, struct error *err) MUST_CHECK;
