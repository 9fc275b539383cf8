/*
 * Completion from the command tables. The scripts that `nono completion` prints ask the program
 * itself at every <Tab>: `nono __complete WORD...` prints a candidate a line, with its description
 * behind a tab. A command of a helper is passed on to it, as the command would be.
 */
#pragma once

#include "client/ui/command.h"

/* For operands (kind is a word of `args`, lower case: "pack", "profile") and values of options
 * (the option's argDescrip): offers candidates that begin with prefix. May be NULL. */
typedef void complete_names(const char *kind, const char *prefix);

/* Prints a candidate, and what it is (NULL: nothing more), when it begins with prefix. */
void complete_offer(const char *word, const char *about, const char *prefix);

/* words are those behind the program's name; the last is being typed, and may be "". argv is what
 * a helper is given. */
void complete_print(const struct program *program, const char **argv, const char *const *words,
                    complete_names *names);

/* The script for a shell, or NULL when it is not known. */
const char *complete_script(const char *shell);
