/* Standard input, output and error, as every program begins and ends with them. */
#pragma once

#include "lib/base/error.h"

/*
 * Before anything is opened. A closed descriptor must not be taken by a file that is opened later:
 * what is printed would go into it. Reading and writing fail on these as they would have.
 */
void standard_begin(void);

/* What was printed and could not be written is a failure, not silence: INTERNAL. */
bool standard_flush(struct error *err) MUST_CHECK;
