/* Options of the original that are refused by name. */
#pragma once

#include "client/cmd/sandbox_options.h"

/* UNSUPPORTED when one was given, on the command line or as a variable. */
bool sandbox_refused_check(struct error *err) MUST_CHECK;
