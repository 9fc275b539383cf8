/*
 * What looks like a secret in a command line, replaced by "[REDACTED]" before it is recorded:
 * values of flags, headers, query parameters and variables whose names say so, passwords in URLs,
 * private keys, and tokens of well-known shapes; also inside an argument that is itself a command.
 * A guess by form: docs/formats/audit.md lists the names. What has no such form stays.
 */
#pragma once

#include "lib/base/doc.h"

#define REDACTED "[REDACTED]"

/* Whether what stands behind the flag is a secret; whether it is "name:password". */
bool redact_is_flag(const char *word, size_t len);
bool redact_is_login_flag(const char *word, size_t len);

/* One argument or any other text; the text itself when nothing is replaced, else in arena. */
const char *redact_text(const char *text, struct arena *arena);

/*
 * A command as a list of texts: redacted (the operand of a shell's -c as the script that it is),
 * bytes that are not UTF-8 escaped, long arguments and long commands cut (LIMIT_AUDIT_WORD_BYTES,
 * LIMIT_AUDIT_COMMAND_BYTES). *cut is how many arguments were left out.
 */
struct doc *redact_command(const char *const *command, struct arena *arena, size_t *cut);
