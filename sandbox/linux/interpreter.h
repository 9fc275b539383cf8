/* What the kernel runs to run a file: the ELF interpreter (elf(5), PT_INTERP), or a script's. */
#pragma once

#include <limits.h>
#include <stddef.h>

#include "lib/base/error.h"

#define INTERPRETERS_MAX 6 /* a script's interpreter may be a script: Linux follows five */

/*
 * The interpreter named in the first bytes of a file, which has at least a page of them or is
 * whole; "" when there is none. False for what claims to be ELF, or a script, and is malformed.
 */
bool interpreter_of(const unsigned char *head, size_t len, char out[PATH_MAX]);

/* The same of a file. *out is "" for what is neither, and *out_program false; a file that may not
 * be read is a failure. */
bool interpreter_find(const char *path, char out[PATH_MAX], bool *out_program, struct error *err)
    MUST_CHECK;
