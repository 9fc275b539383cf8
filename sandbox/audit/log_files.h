/* Where records lie: STATE/audit/ID.jsonl. */
#pragma once

#include <stdio.h>

#include "lib/base/error.h"
#include "sandbox/audit/audit.h"

#define AUDIT_SUFFIX    ".jsonl"
#define AUDIT_NAME_TEXT (AUDIT_ID_TEXT + sizeof(AUDIT_SUFFIX) - 1)

/* The name of a run's file. */
static inline void audit_name(const char *id, char out[AUDIT_NAME_TEXT])
{
    (void)snprintf(out, AUDIT_NAME_TEXT, "%.16s" AUDIT_SUFFIX, id);
}

/* NOT_FOUND when there is no such record; INVALID when it is no id; UNTRUSTED when it is no file.
 */
bool audit_file_open(const char *state, const char *id, int *out_fd, struct error *err) MUST_CHECK;
