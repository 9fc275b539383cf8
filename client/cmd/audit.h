/* What the verbs of `nono audit` share. */
#pragma once

#include "client/cmd/commands.h"
#include "client/ui/term.h"
#include "sandbox/audit/log.h"

extern const struct command command_audit_list;
extern const struct command command_audit_show;
extern const struct command command_audit_verify;

/* A recorded command as one line of words. In arena. */
const char *audit_command_text(const struct doc *start, struct arena *arena);
/* "exit 0", "signal 9", or NULL when the event is no end. In arena. */
const char *audit_outcome_text(const struct audit_event_line *last, struct arena *arena);
