/*
 * What looks like a secret in a command line, replaced by "[REDACTED]" before it is recorded:
 * values of flags, headers, query parameters and variables whose names say so, and of flags that
 * some programs have for a password; passwords in URLs, private keys, and tokens of well-known
 * shapes; also inside an argument that is itself a command. A guess by form: docs/formats/audit.md
 * lists the names. What has no such form stays.
 */
#pragma once

#include "lib/base/doc.h"

#define REDACTED "[REDACTED]"

/* Whether what stands behind the flag is a secret; whether it is "name:password". */
bool redact_is_flag(const char *word, size_t len);
bool redact_is_login_flag(const char *word, size_t len);

/* What ends a word of a shell. What is in a substitution is a command, too. */
#define REDACT_BREAKS " \t\r\n;&|<>()`"

/*
 * Where the next word of a command stands: behind which program, of those that take a password
 * behind a flag that is anything else for others. Every word may be the program's: it may be run
 * by another (sudo, docker exec, ssh). All zeros is the start of a command.
 */
struct redact_place {
    const struct redact_program *program, *outer; /* outer: of what is around a substitution */
    char flag;                                    /* of program, whose value comes now; or NUL */
    bool is_name; /* what comes now is the name of somebody or something, not a program's */
};

/* Goes past a word, and past what stands between two. */
void redact_place_word(struct redact_place *place, const char *word, size_t len);
void redact_place_gap(struct redact_place *place, const char *gap, size_t len);
/* Where in the word a password begins that reaches to the word's end; len when none does. */
size_t redact_place_password(const struct redact_place *place, const char *word, size_t len);

/* One argument or any other text; the text itself when nothing is replaced, else in arena. */
const char *redact_text(const char *text, struct arena *arena);
/* The same of what goes on with a command. */
const char *redact_text_at(const struct redact_place *place, const char *text, struct arena *arena);

/*
 * A command as a list of texts: redacted (the operand of a shell's -c as the script that it is),
 * bytes that are not UTF-8 escaped, long arguments and long commands cut (LIMIT_AUDIT_WORD_BYTES,
 * LIMIT_AUDIT_COMMAND_BYTES). *cut is how many arguments were left out.
 */
struct doc *redact_command(const char *const *command, struct arena *arena, size_t *cut);
