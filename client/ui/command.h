/*
 * Commands: a table drives dispatch, --help, man pages and completions. A program has one table of
 * commands; a command has options and operands, or verbs of its own ("profile list").
 */
#pragma once

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

struct command {
    const char *name;
    const char *args;            /* usage of the operands, "REF..."; NULL when there are none */
    const char *summary;         /* one line, imperative, no stop */
    const char *const *examples; /* EXAMPLES of a few words each, which work as they stand */
    const struct poptOption *options;   /* ends in POPT_AUTOHELP POPT_TABLEEND; NULL: none */
    const struct command *const *verbs; /* NULL-terminated; then run is NULL */
    const char *helper;                 /* the libexec program that has it; then run is NULL */
    bool options_first; /* options end at the first operand: what follows is another program's */
    bool hidden;        /* not in help */
    /* operands is NULL-terminated, never NULL. *status is the exit status of success, 0 at first;
     * what it is not 0 on failure goes before the failure's own. */
    bool (*run)(const char **operands, int *status, struct error *err);
};

/* Whole command lines for --help. */
#define EXAMPLES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A word that other tools have for what a command of ours does. */
struct foreign_word {
    const char *word, *command; /* "install", "pull" */
};

struct program {
    const char *name; /* "nono" */
    const char *summary;
    const struct command *const *commands; /* NULL-terminated, in the order of help */
    const struct foreign_word *foreign;    /* ends in a word that is NULL; NULL: none */
    /* Candidates for operands and values (complete.h); NULL: none. */
    void (*complete)(const char *kind, const char *prefix);
};

/*
 * Parses, runs and reports; the result is main's. Failures go to stderr as
 * "nono pull: message" and, when there is one, a line of advice.
 */
int command_main(const struct program *program, int argc, const char **argv);

/* PREFIX/PATH of this program, whose real place is PREFIX/bin or PREFIX/libexec/nono. */
bool command_beside(const char *path, char *out, size_t size, struct error *err) MUST_CHECK;
/* The path of a helper: PREFIX/libexec/nono/NAME. */
bool command_helper_path(const char *name, char *out, size_t size, struct error *err) MUST_CHECK;
