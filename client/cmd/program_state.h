/* The folders that a profile calls the program's own (filesystem.state). */
#pragma once

#include "client/cmd/policy.h"

/*
 * Makes those that are not there, for the user alone, as the program itself would outside: a grant
 * of what is not there would give nothing. What cannot be made stays absent. Says what it did, on
 * standard error, unless the run is to be silent. For what is about to start a program.
 */
void program_state_make(const struct policy *policy);
/* The one that path lies in, and that would be made; NULL: none. path is absolute and clean. */
const struct profile_path *program_state_over(const struct policy *policy, const char *path);
