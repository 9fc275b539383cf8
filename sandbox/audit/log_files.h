/* Where records lie: STATE/audit/ID/events.jsonl. */
#pragma once

#include "lib/base/error.h"

/* NOT_FOUND when there is no such record; INVALID when it is no id. */
bool audit_file_open(const char *state, const char *id, int *out_fd, struct error *err) MUST_CHECK;
